// SPDX-License-Identifier: Apache-2.0
// A small DNS client: questions over UDP or TCP, answers decoded strictly, nothing cached or asked again.
import dgram from 'node:dgram'
import net from 'node:net'
import { ms } from './wait.mjs'

export const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, HINFO: 13, MX: 15, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, DS: 43, RRSIG: 46, NSEC: 47, DNSKEY: 48, CDS: 59, CDNSKEY: 60, HTTPS: 65, AXFR: 252, ANY: 255 }
const NAMES = Object.fromEntries(Object.entries(TYPES).map(([k, v]) => [v, k]))
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

const name = text => Buffer.concat([...text.split('.').filter(Boolean).map(l => Buffer.concat([Buffer.from([l.length]), Buffer.from(l, 'latin1')])), Buffer.from([0])])

/** A query. options: { id, dnssec, edns, udp (size), options: [[code, Buffer]], flags } */
export function query (qname, type, options = {}) {
  const q = Buffer.alloc(12)
  const edns = options.edns || options.dnssec || options.options
  q.writeUInt16BE(options.id ?? Math.floor(Math.random() * 65536), 0)
  q.writeUInt16BE(options.flags ?? 0, 2)
  q.writeUInt16BE(1, 4)
  q.writeUInt16BE(edns ? 1 : 0, 10)
  const tail = Buffer.alloc(4)
  tail.writeUInt16BE(TYPES[type] ?? type, 0)
  tail.writeUInt16BE(1, 2)
  const parts = [q, name(qname), tail]
  if (edns) {
    const opts = Buffer.concat((options.options || []).map(([code, data]) => {
      const h = Buffer.alloc(4)
      h.writeUInt16BE(code, 0)
      h.writeUInt16BE(data.length, 2)
      return Buffer.concat([h, data])
    }))
    const opt = Buffer.alloc(11)
    opt.writeUInt16BE(41, 1)
    opt.writeUInt16BE(options.udp ?? 1232, 3)
    opt.writeUInt32BE(options.dnssec ? 0x8000 : 0, 5)
    opt.writeUInt16BE(opts.length, 9)
    parts.push(opt, opts)
  }
  return Buffer.concat(parts)
}

function readName (b, at) {
  const labels = []
  let end = null
  for (let hops = 0; ;) {
    const n = b[at]
    if (n === undefined) throw new Error('name outside the message')
    if (n >= 0xc0) {
      const to = (n & 0x3f) << 8 | b[at + 1]
      end ??= at + 2
      if (to >= at || ++hops > 20) throw new Error('pointer that does not go back')
      at = to
      continue
    }
    at++
    if (n === 0) break
    labels.push(b.toString('latin1', at, at + n))
    at += n
  }
  return [labels.join('.') + '.', end ?? at]
}

function readData (b, type, from, to) {
  const ip4 = () => [...b.subarray(from, to)].join('.')
  const ip6 = () => Array.from({ length: 8 }, (_, i) => b.readUInt16BE(from + 2 * i).toString(16)).join(':')
  const strings = () => {
    const out = []
    for (let at = from; at < to; at += 1 + b[at]) out.push(b.toString('latin1', at + 1, at + 1 + b[at]))
    return out.join('|')
  }
  switch (NAMES[type]) {
    case 'A': return ip4()
    case 'AAAA': return ip6()
    case 'NS': case 'CNAME': case 'PTR': return readName(b, from)[0]
    case 'MX': return `${b.readUInt16BE(from)} ${readName(b, from + 2)[0]}`
    case 'TXT': case 'HINFO': return strings()
    case 'SOA': {
      const [m, a] = readName(b, from)
      const [r, c] = readName(b, a)
      return [m, r, ...[0, 4, 8, 12, 16].map(i => b.readUInt32BE(c + i))].join(' ')
    }
    default: return b.toString('hex', from, to)
  }
}

/** An answer as { id, rcode, aa, tc, question, answer, authority, additional, options }; records are { name, type, ttl, data }. */
export function decode (b) {
  const r = { bytes: b, id: b.readUInt16BE(0), aa: !!(b[2] & 4), tc: !!(b[2] & 2), ra: !!(b[3] & 128), answer: [], authority: [], additional: [], options: new Map() }
  let rcode = b[3] & 15
  let at = 12
  if (!(b[2] & 0x80)) throw new Error('not an answer')
  if (b.readUInt16BE(4) === 1) {
    const [n, end] = readName(b, at)
    r.question = { name: n, type: NAMES[b.readUInt16BE(end)] ?? b.readUInt16BE(end) }
    at = end + 4
  }
  for (const [i, section] of [[6, 'answer'], [8, 'authority'], [10, 'additional']]) {
    for (let k = b.readUInt16BE(i); k > 0; k--) {
      const [n, end] = readName(b, at)
      const type = b.readUInt16BE(end)
      const ttl = b.readUInt32BE(end + 4)
      const length = b.readUInt16BE(end + 8)
      const from = end + 10
      at = from + length
      if (at > b.length) throw new Error('record outside the message')
      if (type === 41) {
        rcode |= ttl >>> 24 << 4
        r.edns = { udp: b.readUInt16BE(end + 2), dnssec: !!(ttl & 0x8000) }
        for (let o = from; o < at; o += 4 + b.readUInt16BE(o + 2)) r.options.set(b.readUInt16BE(o), b.subarray(o + 4, o + 4 + b.readUInt16BE(o + 2)))
      } else r[section].push({ name: n, type: NAMES[type] ?? type, ttl, data: readData(b, type, from, at) })
    }
  }
  if (at !== b.length) throw new Error(`${b.length - at} bytes behind the answer`)
  r.rcode = RCODES[rcode] ?? rcode
  r.data = r.answer.filter(x => x.type !== 'RRSIG').map(x => x.data)
  return r
}

/** Sends bytes over UDP; resolves with the answer's bytes, or null when none comes in time. */
export const udp = (port, bytes, wait = ms(2000)) => new Promise((resolve, reject) => {
  const s = dgram.createSocket('udp4')
  const timer = setTimeout(() => { s.close(); resolve(null) }, wait)
  s.on('error', e => { clearTimeout(timer); s.close(); reject(e) })
  s.on('message', m => { clearTimeout(timer); s.close(); resolve(m) })
  s.send(bytes, port, '127.0.0.1')
})

/** Sends queries on one connection, each behind its length; resolves with as many answers' bytes, or fewer when it ends. */
export const tcp = (port, queries, wait = ms(5000)) => new Promise((resolve, reject) => {
  const s = net.connect(port, '127.0.0.1')
  const answers = []
  let got = Buffer.alloc(0)
  const timer = setTimeout(() => s.destroy(), wait)
  s.on('error', reject)
  s.on('close', () => { clearTimeout(timer); resolve(answers) })
  s.on('data', d => {
    got = Buffer.concat([got, d])
    while (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) {
      answers.push(got.subarray(2, 2 + got.readUInt16BE(0)))
      got = got.subarray(2 + got.readUInt16BE(0))
    }
    if (answers.length >= queries.length) s.end()
  })
  s.write(Buffer.concat(queries.flatMap(q => [Buffer.from([q.length >> 8, q.length & 255]), q])))
})

/** One question over UDP, decoded. */
export async function ask (port, qname, type, options) {
  const q = query(qname, type, options)
  const b = await udp(port, q)
  if (!b) throw new Error(`no answer to ${qname} ${type}`)
  const r = decode(b)
  if (r.id !== q.readUInt16BE(0)) throw new Error('another id')
  return r
}
