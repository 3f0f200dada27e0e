// SPDX-License-Identifier: Apache-2.0
// DNS answers of a live edge, over UDP and TCP, from items of the plan folder.
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { scene, eq, ok, waitFor, freePort } from '../lib/scene.mjs'
import { ask, decode, query, tcp, udp } from '../lib/dns.mjs'

const zone = (more = {}) => ({
  kind: 'dns',
  name: 'zone.test',
  ns: ['ns1.zone.test', 'ns2.zone.test'],
  soa: { serial: 1, min_ttl: 600 },
  edge: { ipv4: ['203.0.113.1', '203.0.113.2'], ipv6: ['2001:db8::1'] },
  records: [
    { name: 'www.zone.test', type: 'A', ttl: 1, rdata: '192.0.2.1' },
    { name: 'alias.zone.test', type: 'CNAME', ttl: 60, rdata: 'www.zone.test.' },
    { name: 'out.zone.test', type: 'CNAME', rdata: 'elsewhere.example.' },
    { name: 'loop.zone.test', type: 'CNAME', rdata: 'pool.zone.test.' },
    { name: 'pool.zone.test', type: 'CNAME', rdata: 'loop.zone.test.' },
    { name: '*.wild.zone.test', type: 'TXT', rdata: '"any"' },
    { name: 'a.b.empty.zone.test', type: 'A', rdata: '192.0.2.5' },
    { name: 'cut.zone.test', type: 'NS', rdata: 'ns.cut.zone.test.' },
    { name: 'ns.cut.zone.test', type: 'A', rdata: '192.0.2.53' },
    { name: 'zone.test', type: 'MX', rdata: '10 mail.zone.test.' },
    ...Array.from({ length: 100 }, (_, i) => ({ name: 'many.zone.test', type: 'TXT', rdata: `"record number ${i}"` }))
  ],
  proxied: [{ name: 'shop.zone.test' }],
  flatten: [{ name: 'zone.test', ttl: 30, a: ['198.51.100.1'], aaaa: [] }, { name: 'gone.zone.test', unresolved: true }],
  ...more
})

async function nameServer (s, item = zone(), limits = {}) {
  const port = await freePort()
  const edge = await s.edge({ hosts: { 'www.web.test': ['127.0.0.1:9'] }, plan: [item], config: { listen: { dns: `127.0.0.1:${port}` }, node: { workers: 1 }, limits } })
  await waitFor(async () => decode(await udp(port, query(item.name, 'SOA'))).rcode === 'NOERROR', { what: 'the zone to be served' })
  return { edge, port, ask: (name, type, options) => ask(port, name, type, options) }
}

scene('names, wildcards, cuts, chains and denials answer as RFC 1034 says', async s => {
  const ns = await nameServer(s)
  const short = async (name, type) => {
    const r = await ns.ask(name, type)
    return [r.rcode, r.aa, r.data]
  }
  eq(await short('www.zone.test', 'A'), ['NOERROR', true, ['192.0.2.1']])
  eq(await short('wWw.ZoNe.test', 'A'), ['NOERROR', true, ['192.0.2.1']])
  eq((await ns.ask('wWw.ZoNe.test', 'A')).answer[0].name, 'wWw.ZoNe.test.')
  eq(await short('alias.zone.test', 'A'), ['NOERROR', true, ['www.zone.test.', '192.0.2.1']])
  eq(await short('out.zone.test', 'A'), ['NOERROR', true, ['elsewhere.example.']])
  eq(await short('loop.zone.test', 'A'), ['NOERROR', true, ['pool.zone.test.', 'loop.zone.test.']])
  eq(await short('x.y.wild.zone.test', 'TXT'), ['NOERROR', true, ['any']])
  eq(await short('x.wild.zone.test', 'A'), ['NOERROR', true, []])
  eq(await short('b.empty.zone.test', 'A'), ['NOERROR', true, []])
  eq(await short('x.empty.zone.test', 'A'), ['NXDOMAIN', true, []])
  eq(await short('zone.test', 'MX'), ['NOERROR', true, ['10 mail.zone.test.']])
  eq(await short('other.test', 'A'), ['REFUSED', false, []])
  eq((await ns.ask('www.zone.test', 'ANY')).data, ['RFC8482|'])
  const nx = await ns.ask('nope.zone.test', 'A')
  eq([nx.authority[0].type, nx.authority[0].ttl], ['SOA', 600])
  const cut = await ns.ask('deep.cut.zone.test', 'A')
  eq([cut.aa, cut.authority.map(r => r.data), cut.additional.map(r => r.data)], [false, ['ns.cut.zone.test.'], ['192.0.2.53']])
  eq((await ns.ask('cut.zone.test', 'DS')).aa, true)
})

scene('proxied names answer with the addresses of the edge, flattened ones with those of their target', async s => {
  const ns = await nameServer(s)
  eq((await ns.ask('shop.zone.test', 'A')).answer.map(r => [r.ttl, r.data]), [[300, '203.0.113.1'], [300, '203.0.113.2']])
  eq((await ns.ask('shop.zone.test', 'AAAA')).data, ['2001:db8:0:0:0:0:0:1'])
  eq((await ns.ask('zone.test', 'A')).answer.map(r => [r.ttl, r.data]), [[30, '198.51.100.1']])
  eq((await ns.ask('zone.test', 'AAAA')).rcode, 'NOERROR')
  eq((await ns.ask('gone.zone.test', 'A')).rcode, 'SERVFAIL')
  ns.edge.plan(zone({ proxied: [], records: [{ name: 'shop.zone.test', type: 'A', rdata: '192.0.2.77' }] }))
  await waitFor(async () => (await ns.ask('shop.zone.test', 'A')).data[0] === '192.0.2.77', { what: 'the name to be DNS-only' })
  eq((await ns.ask('shop.zone.test', 'AAAA')).data, [])
})

scene('extended DNS: sizes, truncation, cookies, server id, versions', async s => {
  const ns = await nameServer(s)
  const cut = await ns.ask('many.zone.test', 'TXT', { edns: true, udp: 4096 })
  eq([cut.tc, cut.answer.length, cut.edns.udp], [true, 0, 1232])
  const [whole] = (await tcp(ns.port, [query('many.zone.test', 'TXT')])).map(decode)
  eq([whole.tc, whole.answer.length], [false, 100])
  const client = Buffer.from('0123456789abcdef', 'hex')
  const first = await ns.ask('www.zone.test', 'A', { options: [[10, client], [3, Buffer.alloc(0)]] })
  eq([first.options.get(10).length, first.options.get(3).toString()], [24, 'edge-under-test'])
  const again = await ns.ask('www.zone.test', 'A', { options: [[10, first.options.get(10)]] })
  eq(again.rcode, 'NOERROR')
  const q = query('www.zone.test', 'A', { edns: true })
  q[q.length - 5] = 1 // the version
  eq(decode(await udp(ns.port, q)).rcode, 16)
  eq((await ns.ask('www.zone.test', 'A', { options: [[10, Buffer.alloc(9)]] })).rcode, 'FORMERR')
})

scene('the query log has one in so many queries', async s => {
  const port = await freePort()
  const log = path.join(s.folder(), 'dns.log')
  fs.writeFileSync(log, '')
  fs.chmodSync(log, 0o666)
  fs.chmodSync(path.dirname(log), 0o777)
  const edge = await s.edge({ plan: [zone()], hosts: { 'www.web.test': ['127.0.0.1:9'] }, config: { listen: { dns: `127.0.0.1:${port}` }, node: { workers: 1 }, log: { dns: log }, limits: { dns_log_every: 3 } } })
  await waitFor(async () => decode(await udp(port, query('zone.test', 'SOA'))).rcode === 'NOERROR', { what: 'the zone to be served' })
  const rows = () => fs.readFileSync(log, 'utf8').split('\n').filter(Boolean).map(JSON.parse)
  for (let i = 0; i < 30; i++) await ask(port, 'Nope.zone.test', 'MX')
  await waitFor(() => rows().filter(r => r.name === 'Nope.zone.test.').length === 10, { what: 'ten lines' })
  const { time, bytes, ...line } = rows().at(-1)
  eq(line, { client: '127.0.0.1', name: 'Nope.zone.test.', type: 'MX', zone: 'zone.test', rcode: 'NXDOMAIN', over: 'udp', do: false })
  ok(time > 1e9 && bytes > 50)
  edge.signal('SIGHUP')
})

scene('malformed messages are refused or dropped, and the server lives on', async s => {
  const ns = await nameServer(s)
  const q = query('www.zone.test', 'A')
  const changed = (...edits) => { const b = Buffer.from(q); for (const [at, v] of edits) b[at] = v; return b }
  const rcode = async b => { const r = await udp(ns.port, b, 300); return r && decode(r).rcode }
  eq(await rcode(changed([2, 0x80])), null) // an answer
  eq(await rcode(q.subarray(0, 11)), null)
  eq(await rcode(changed([2, 0x28])), 'NOTIMP') // UPDATE
  eq(await rcode(changed([5, 2])), 'FORMERR') // two questions, one there
  eq(await rcode(changed([5, 0])), 'FORMERR')
  eq(await rcode(Buffer.concat([q, Buffer.from([0])])), 'FORMERR')
  eq(await rcode(changed([12, 0xc0])), 'FORMERR') // a pointer for a question
  eq(await rcode(query('zone.test', 'AXFR')), 'REFUSED') // nobody may, and never over UDP
  eq((await ns.ask('www.zone.test', 'A')).rcode, 'NOERROR')
})

scene('queries on one connection are answered in order; silent connections do not keep others out', async s => {
  const ns = await nameServer(s, zone(), { dns_tcp_conns_max: 200 })
  const many = await tcp(ns.port, Array.from({ length: 500 }, (_, i) => query(i % 2 ? 'www.zone.test' : 'nope.zone.test', 'A', { id: i })))
  eq(many.map(b => decode(b).id), Array.from({ length: 500 }, (_, i) => i))
  const silent = await Promise.all(Array.from({ length: 300 }, () => new Promise((resolve, reject) => {
    const c = net.connect(ns.port, '127.0.0.1', () => { c.write(Buffer.from([0])); resolve(c) })
    c.on('error', reject)
  })))
  for (const c of silent) c.removeAllListeners('error').on('error', () => {})
  for (let i = 0; i < 20; i++) ok((await tcp(ns.port, [query('www.zone.test', 'A')])).length === 1)
  for (const c of silent) c.destroy()
})

scene('answers of one kind to one network have a rate; truncated ones lead to TCP', async s => {
  const ns = await nameServer(s, zone(), { dns_rate_per_s: 5, dns_rate_slip: 2 })
  const answers = []
  for (let i = 0; i < 40; i++) answers.push(await udp(ns.port, query(`no${i}.zone.test`, 'A'), 50))
  const whole = answers.filter(b => b && !decode(b).tc).length
  const short = answers.filter(b => b && decode(b).tc).length
  const none = answers.filter(b => !b).length
  ok(whole >= 5 && whole < 25 && short > 0 && none > 0, `${whole} whole, ${short} truncated, ${none} none`)
  eq((await tcp(ns.port, [query('no1.zone.test', 'A')])).map(b => decode(b).rcode), ['NXDOMAIN'])
  eq((await ns.ask('www.zone.test', 'A')).rcode, 'NOERROR') // another kind
})
