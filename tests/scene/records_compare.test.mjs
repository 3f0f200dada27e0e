// SPDX-License-Identifier: Apache-2.0
// Moving a zone here: importing it from the name server of today by transfer, and the rehearsal before the change.
import fs from 'node:fs'
import path from 'node:path'
import { scene, eq, ok, waitFor, freePort } from '../lib/scene.mjs'
import { command } from '../lib/api.mjs'
import { decode, query, udp } from '../lib/dns.mjs'

/** The name server of today: another node that serves the zone from a plan item. */
async function old (s, records, more = {}) {
  const port = await freePort()
  const item = { kind: 'dns', name: 'move.test', ns: ['ns1.old.test'], soa: { serial: 7 }, edge: { ipv4: [], ipv6: [] }, records, ...more }
  await s.edge({ hosts: { 'www.web.test': ['127.0.0.1:9'] }, plan: [item], config: { listen: { dns: `127.0.0.1:${port}` }, node: { workers: 1 } } })
  await waitFor(async () => decode(await udp(port, query('move.test', 'SOA'))).rcode === 'NOERROR', { what: 'the old server' })
  return `127.0.0.1:${port}`
}

/** A node with the zone in its API, and the command line for it. */
async function here (s, records = []) {
  const port = await freePort()
  const edge = await s.edge({ api: true, config: { listen: { dns: `127.0.0.1:${port}` }, node: { workers: 1 } } })
  eq((await edge.call('POST', '/zones', { name: 'move.test' })).status, 200)
  for (const r of records) eq((await edge.call('POST', '/zones/move.test/dns_records', r)).status, 200)
  await waitFor(async () => decode(await udp(port, query('move.test', 'SOA'))).rcode === 'NOERROR', { what: 'the zone to be served' })
  edge.run = (...args) => command([...args, '--config', edge.configFile])
  return edge
}

const records = [
  { name: 'move.test', type: 'MX', ttl: 300, rdata: '10 mail.move.test.' },
  { name: 'www.move.test', type: 'A', ttl: 300, rdata: '192.0.2.80' },
  { name: 'mail.move.test', type: 'A', ttl: 300, rdata: '192.0.2.25' },
  { name: 'move.test', type: 'TXT', ttl: 300, rdata: '"v=spf1 -all" "with \\"quotes\\""' },
  { name: '_sip._tcp.move.test', type: 'SRV', ttl: 60, rdata: '1 2 5060 mail.move.test.' }
]

scene('a zone comes over by transfer, and nothing differs then', async s => {
  const server = await old(s, records, { transfer: ['127.0.0.0/8'] })
  const edge = await here(s)
  const before = await edge.run('records', 'compare', 'move.test', '--with', server, '--transfer')
  eq(before.status, 1, before.err)
  for (const name of ['www.move.test', 'mail.move.test', '_sip._tcp.move.test']) ok(before.out.includes(name), `${name} in\n${before.out}`)
  const imported = await edge.run('records', 'import', 'move.test', '--from', server)
  eq([imported.status, /^5 of \d records added/.test(imported.out)], [0, true], imported.out + imported.err)
  const after = await edge.run('records', 'compare', 'move.test', '--with', server, '--transfer')
  eq(after.status, 0, after.out + after.err)
  ok(/, 0 of them not meant/.test(after.out), after.out)
})

scene('what differs is shown with both answers, what is meant to differ is marked', async s => {
  const server = await old(s, records)
  const edge = await here(s, [
    { type: 'A', name: 'www', content: '192.0.2.80', proxied: true },
    { type: 'A', name: 'mail', content: '192.0.2.26' },
    { type: 'A', name: 'new', content: '192.0.2.9' }
  ])
  const r = await edge.run('records', 'compare', 'move.test', '--with', server, '--json')
  eq(r.status, 1, r.err)
  const rows = JSON.parse(r.out)
  const row = (name, type) => rows.find(x => x.name === name && x.type === type)
  eq(row('mail.move.test', 'A').ours.records, ['192.0.2.26'])
  eq(row('mail.move.test', 'A').theirs.records, ['192.0.2.25'])
  eq([row('new.move.test', 'A').theirs.rcode, row('new.move.test', 'A').theirs.records], [3, []])
  eq(row('www.move.test', 'A').meant, 'proxied: the edge\'s addresses')
  eq(row('move.test', 'NS').meant, 'name servers of this node')
  eq(row('move.test', 'MX').ours.records, [])
  ok(!row('_sip._tcp.move.test', 'SRV'), 'names of the other server alone need a transfer')
})

scene('refusals say what to do', async s => {
  const server = await old(s, records)
  const edge = await here(s)
  const key = path.join(s.folder(), 'key')
  const said = async (...args) => { const r = await edge.run(...args); return [r.status, r.err.trim()] }
  const refused = await edge.run('records', 'import', 'move.test', '--from', server)
  eq([refused.status, /refuses the transfer: REFUSED: it does not allow transfers to this address/.test(refused.err)], [1, true], refused.err)
  ok(/give a FILE, or --from SERVER/.test((await said('records', 'import', 'move.test'))[1]))
  ok(/--with SERVER/.test((await said('records', 'compare', 'move.test'))[1]))
  ok(/no connection to the name server 127.0.0.1:1 over TCP/.test((await said('records', 'compare', 'move.test', '--with', '127.0.0.1:1'))[1]))
  for (const [text, pattern] of [
    ['key "k" { algorithm hmac-md5; secret "AAAAAAAAAAAAAAAAAAAAAA=="; };', /hmac-md5 is not supported; make a key for hmac-sha256/],
    ['k c2hvcnQ=', /must be base64 of 16 to 128 bytes/],
    ['k', /expected one line NAME SECRET/],
    ['key "k" { what else; };', /expected one line NAME SECRET/]
  ]) {
    fs.writeFileSync(key, text)
    const r = await edge.run('records', 'import', 'move.test', '--from', server, '--tsig-file', key)
    eq([r.status, pattern.test(r.err)], [1, true], r.err)
  }
  fs.writeFileSync(key, 'key "k" {\n\talgorithm hmac-sha256;\n\tsecret "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";\n};\n')
  const unknown = await edge.run('records', 'import', 'move.test', '--from', server, '--tsig-file', key)
  eq(unknown.status, 1, unknown.err)
  ok(/the name server 127\.0\.0\.1:\d+/.test(unknown.err), unknown.err)
})
