// SPDX-License-Identifier: Apache-2.0
// What authorities ask of their clients: when to renew (RFC 9773), who may order at all (external account binding), and that CAA
// records are looked at before an order is made.
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { scene, eq, ok, waitFor, freePort } from '../lib/scene.mjs'
import { Pebble, hasPebble } from '../lib/pebble.mjs'
import { AcmeFront } from '../lib/acme_front.mjs'

const options = hasPebble() ? { timeout: 120000 } : { skip: 'pebble is not installed' }

async function world (s, { identities, pebble: more = {}, acme = {}, limits = {} } = {}) {
  const dns = await freePort(); const http = await freePort(); const https = await freePort()
  const pebble = new Pebble(s.folder(), { dns: `127.0.0.1:${dns}`, http, tls: https, ...more })
  s.undo.push(() => pebble.stop())
  await pebble.start()
  const front = await new AcmeFront(pebble, { identities }).start()
  s.undo.push(() => front.stop())
  const edge = await s.edge({
    api: true,
    config: {
      listen: { http: `127.0.0.1:${http}`, https: `127.0.0.1:${https}`, dns: `127.0.0.1:${dns}` },
      acme: { directory: front.directory, ca_file: pebble.caFile, ...acme },
      limits: { acme_ask_ms_min: '1000', ...limits },
      node: { workers: 1 }
    }
  })
  const ca = await pebble.root()
  const serial = name => new Promise(resolve => {
    const c = tls.connect({ host: '127.0.0.1', port: https, servername: name, ca }, () => { const n = c.getPeerCertificate().serialNumber; c.destroy(); resolve(n) })
    c.on('error', () => resolve(null))
  })
  const zone = async name => (await edge.call('POST', '/zones', { name })).result
  const record = async (z, body) => { const r = await edge.call('POST', `/zones/${z.id}/dns_records`, body); eq(r.status, 200, r.text); return r.result }
  const packs = async z => (await edge.call('GET', `/zones/${z.id}/ssl/certificate_packs`)).result
  const issued = name => waitFor(() => serial(name), { within: 15000, what: `a certificate for ${name}\n${edge.output.slice(-2000)}` })
  return { edge, front, pebble, zone, record, packs, issued, serial }
}
const WWW = { type: 'A', name: 'www', content: '192.0.2.10', proxied: true }
const days = n => new Date(Date.now() + n * 86400000).toISOString()

scene('a certificate is renewed in the window that its authority gives, and the order says what it replaces', async s => {
  const w = await world(s)
  const z = await w.zone('ari.test')
  w.front.window = { start: days(20), end: days(22) }
  await w.record(z, WWW)
  const first = await w.issued('www.ari.test')
  eq(w.front.orders.map(o => o.replaces), [undefined])
  const due = async () => (await w.packs(z))[0].next_attempt_on
  await waitFor(async () => Date.parse(await due()) < Date.parse(days(22)), { within: 15000, what: 'the window to be taken' })
  const chosen = await due()
  ok(Date.parse(chosen) > Date.parse(days(19.9)), chosen)
  // The same window gives the same moment, however often it is asked for.
  const n = w.front.asked.length
  await waitFor(() => w.front.asked.length > n + 1, { within: 15000, what: 'another question' })
  eq(await due(), chosen)
  // The authority has to revoke: the window is over already.
  w.front.window = { start: days(-2), end: days(-1) }
  await waitFor(async () => { const now = await w.serial('www.ari.test'); return now && now !== first }, { within: 20000, what: `the renewal\n${w.edge.output.slice(-2000)}` })
  eq(w.front.orders.length, 2)
  eq(w.front.orders[1].replaces, w.front.asked[0])
  ok(/^[\w-]+\.[\w-]+$/.test(w.front.asked[0]))
}, { ...options, long: true })

scene('an authority that wants an external account gets the binding', async s => {
  const key = Buffer.from('a secret that the authority has given out, long enough').toString('base64url')
  const dir = s.folder()
  fs.chmodSync(dir, 0o755)
  const file = path.join(dir, 'eab.key')
  fs.writeFileSync(file, key + '\n')
  const w = await world(s, { pebble: { external: { 'kid-1': key } }, acme: { eab_kid: 'kid-1', eab_hmac_key_file: file } })
  const z = await w.zone('eab.test')
  await w.record(z, WWW)
  await w.issued('www.eab.test')
  eq(w.front.accounts.map(a => JSON.parse(Buffer.from(a.externalAccountBinding.protected, 'base64url')).kid), ['kid-1'])
  ok(!w.edge.output.includes(key))
}, options)

scene('without a binding the reason is told', async s => {
  const w = await world(s, { pebble: { external: { 'kid-1': Buffer.from('x'.repeat(40)).toString('base64url') } } })
  const z = await w.zone('eab.test')
  await w.record(z, WWW)
  await waitFor(async () => /external account/.test((await w.packs(z))[0]?.validation_errors[0]?.message), { within: 15000, what: 'the reason' })
}, options)

scene('CAA records that name others: no order is made, the missing record is named, and with it the order goes through', async s => {
  const w = await world(s, { identities: ['ca.test'] })
  const z = await w.zone('caa.test')
  await w.record(z, { type: 'CAA', name: '@', data: { flags: 0, tag: 'issue', value: 'other.test' } })
  await w.record(z, WWW)
  const pack = await waitFor(async () => (await w.packs(z)).find(p => p.validation_errors.length), { within: 15000, what: 'the reason' })
  ok(pack.validation_errors[0].message.includes('CAA records of caa.test do not let this authority issue for caa.test; add there: CAA 0 issue "ca.test"'), JSON.stringify(pack))
  eq(w.front.orders, [])
  await w.record(z, { type: 'CAA', name: '@', data: { flags: 0, tag: 'issue', value: 'ca.test' } })
  eq((await w.edge.call('PATCH', `/zones/${z.id}/ssl/certificate_packs/${pack.id}`, {})).status, 200)
  await w.issued('www.caa.test')
  eq((await w.edge.call('PATCH', `/zones/${z.id}/ssl/certificate_packs/00000000000000000000000000000000`, {})).status, 404)
}, options)
