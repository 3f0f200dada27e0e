// SPDX-License-Identifier: Apache-2.0
// A name server that answers what a scene says: recursive answers for names elsewhere.
import dgram from 'node:dgram'
import { TYPES } from './dns.mjs'

const NAMES = Object.fromEntries(Object.entries(TYPES).map(([k, v]) => [v, k]))
const name = text => Buffer.concat([...text.split('.').filter(Boolean).map(l => Buffer.concat([Buffer.from([l.length]), Buffer.from(l, 'latin1')])), Buffer.from([0])])
const u16 = n => Buffer.from([n >> 8, n & 255])
const u32 = n => Buffer.from([n >>> 24, n >> 16 & 255, n >> 8 & 255, n & 255])

const data = {
  A: text => Buffer.from(text.split('.').map(Number)),
  AAAA: text => Buffer.from(text.split(':').flatMap(x => { const v = parseInt(x, 16); return [v >> 8, v & 255] })), // eight groups
  CNAME: name,
  NS: name
}

/**
 * Names are set with resolver.set('app.test', { A: ['192.0.2.1'], AAAA: [], CNAME: 'x.test', ttl: 5 }); { rcode: 2 } answers
 * with an error, { silent: true } with nothing, unknown names with NXDOMAIN. asked counts questions by "name type".
 */
export class Resolver {
  names = new Map()
  asked = new Map()

  static async start () {
    const r = new Resolver()

    r.socket = dgram.createSocket('udp4')
    r.socket.on('message', (m, from) => { const a = r.answer(m); if (a) r.socket.send(a, from.port, from.address) })
    await new Promise(resolve => r.socket.bind(0, '127.0.0.1', resolve))
    r.address = `127.0.0.1:${r.socket.address().port}`
    return r
  }

  set (key, value) { this.names.set(key, value); return this }

  count (key, type) { return this.asked.get(`${key} ${type}`) ?? 0 }

  stop () { this.socket.close() }

  records (key, type, out) {
    let entry = this.names.get(key)
    let rcode = entry ? entry.rcode ?? 0 : 3

    for (let i = 0; entry?.CNAME && i < 20; i++) {
      out.push([key, 'CNAME', entry.ttl ?? 60, entry.CNAME])
      key = entry.CNAME
      entry = this.names.get(key)
      rcode = entry ? entry.rcode ?? 0 : 3
    }
    for (const text of entry?.[type] ?? []) out.push([key, type, entry.ttl ?? 60, text])
    return rcode
  }

  answer (m) {
    let at = 12
    const labels = []
    const out = []

    while (m[at]) { labels.push(m.toString('latin1', at + 1, at + 1 + m[at])); at += 1 + m[at] }
    const key = labels.join('.').toLowerCase()
    const type = NAMES[m.readUInt16BE(at + 1)]
    this.asked.set(`${key} ${type}`, this.count(key, type) + 1)
    if (this.names.get(key)?.silent) return null
    const rcode = this.records(key, type, out)
    const head = Buffer.concat([m.subarray(0, 2), Buffer.from([0x81, 0x80 | rcode]), u16(1), u16(out.length), u16(0), u16(0)])
    return Buffer.concat([head, m.subarray(12, at + 5), ...out.map(([owner, kind, ttl, text]) => {
      const d = data[kind](text)
      return Buffer.concat([name(owner), u16(TYPES[kind]), u16(1), u32(ttl), u16(d.length), d])
    })])
  }
}
