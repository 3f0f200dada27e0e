// SPDX-License-Identifier: Apache-2.0
// Certificates from a public-style authority (pebble): ordered when a name is proxied, validated by our own name server or
// by the edge, kept over a restart.
import tls from 'node:tls'
import { scene, eq, ok, waitFor, freePort } from '../lib/scene.mjs'
import { Pebble, hasPebble } from '../lib/pebble.mjs'

const options = hasPebble() ? { timeout: 120000 } : { skip: 'pebble is not installed' }

/** A node with an API, its own name server and HTTPS, which orders at pebble. */
async function node (s, challenge) {
  const dns = await freePort(); const http = await freePort(); const https = await freePort()
  const pebble = new Pebble(s.folder(), { dns: `127.0.0.1:${dns}`, http, tls: https })
  s.undo.push(() => pebble.stop())
  await pebble.start()
  const edge = await s.edge({
    api: true,
    https: true,
    config: {
      listen: { http: `127.0.0.1:${http}`, https: `127.0.0.1:${https}`, dns: `127.0.0.1:${dns}` },
      edge: { activation: 'immediate', addresses: '127.0.0.1', nameservers: 'ns1.edge.test, ns2.edge.test' },
      acme: { directory: pebble.directory, ca_file: pebble.caFile, contact: 'ops@example.test', challenge },
      node: { workers: 1 }
    }
  })
  return Object.assign(edge, { pebble, httpsPort: https })
}

/** Who issued the certificate that is shown for a name, when it verifies against pebble's root; else the reason. */
function shown (edge, servername, ca) {
  return new Promise(resolve => {
    const c = tls.connect({ host: '127.0.0.1', port: edge.httpsPort, servername, ca }, () => {
      const cert = c.getPeerCertificate()
      c.destroy()
      resolve({ issuer: cert.issuer.CN, names: cert.subjectaltname, serial: cert.serialNumber })
    })
    c.on('error', e => resolve({ error: e.code || e.message }))
  })
}
const byPebble = (edge, name, ca) => waitFor(async () => /^Pebble/.test((await shown(edge, name, ca)).issuer || ''), { within: 15000, what: `a certificate for ${name}\n${edge.pebble.output.slice(-1500)}\n${edge.output.slice(-1500)}` })

scene('by DNS: the zone with its names, and a deeper name by itself; nothing is ordered again after a restart', async s => {
  const edge = await node(s, 'dns')
  const ca = await edge.pebble.root()
  const zone = (await edge.call('POST', '/zones', { name: 'shop.test' })).result
  const made = Date.now()
  const r = await edge.call('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'www', content: '192.0.2.10', proxied: true })
  eq(r.status, 200, r.text)
  await byPebble(edge, 'www.shop.test', ca)
  ok(Date.now() - made < 60000)
  eq((await shown(edge, 'shop.test', ca)).names, 'DNS:shop.test, DNS:*.shop.test')
  eq((await edge.call('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'a.b', content: '192.0.2.10', proxied: true })).status, 200)
  await byPebble(edge, 'a.b.shop.test', ca)
  const packs = (await edge.call('GET', `/zones/${zone.id}/ssl/certificate_packs`)).result
  eq(packs.map(p => [p.status, p.hosts]), [['active', ['a.b.shop.test']], ['active', ['shop.test', '*.shop.test']]])
  eq((await edge.call('GET', `/zones/${zone.id}/ssl/verification`)).result.map(v => v.certificate_status), ['active', 'active', 'active'])
  const before = await shown(edge, 'www.shop.test', ca)
  await edge.stop()
  await edge.start()
  await byPebble(edge, 'www.shop.test', ca)
  eq((await shown(edge, 'www.shop.test', ca)).serial, before.serial)
  eq(edge.pebble.issued, 2)
}, options)

scene('by HTTP: each proxied name by itself, the token before every rule', async s => {
  const edge = await node(s, 'http')
  const ca = await edge.pebble.root()
  const zone = (await edge.call('POST', '/zones', { name: 'web.test' })).result
  eq((await edge.call('PATCH', `/zones/${zone.id}/settings/always_use_https`, { value: 'on' })).status, 200)
  eq((await edge.call('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'www', content: '192.0.2.10', proxied: true })).status, 200)
  await byPebble(edge, 'www.web.test', ca)
  eq((await shown(edge, 'www.web.test', ca)).names, 'DNS:www.web.test')
}, options)

scene('by a handshake: each proxied name by itself, to who asks for the proof alone; nobody else sees it', async s => {
  const edge = await node(s, 'tls-alpn')
  const ca = await edge.pebble.root()
  const zone = (await edge.call('POST', '/zones', { name: 'alpn.test' })).result
  eq((await edge.call('PATCH', `/zones/${zone.id}/settings/min_tls_version`, { value: '1.3' })).status, 200)
  eq((await edge.call('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'www', content: '192.0.2.10', proxied: true })).status, 200)
  eq((await edge.call('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'a.b', content: '192.0.2.10', proxied: true })).status, 200)
  await byPebble(edge, 'www.alpn.test', ca)
  await byPebble(edge, 'a.b.alpn.test', ca)
  eq((await shown(edge, 'www.alpn.test', ca)).names, 'DNS:www.alpn.test')
  eq((await edge.call('GET', `/zones/${zone.id}/ssl/verification`)).result.map(v => v.validation_method), ['tls-alpn', 'tls-alpn'])
  const refused = await new Promise(resolve => {
    const c = tls.connect({ host: '127.0.0.1', port: edge.httpsPort, servername: 'www.alpn.test', ALPNProtocols: ['acme-tls/1'], rejectUnauthorized: false }, () => { c.destroy(); resolve('accepted') })
    c.on('error', e => resolve(e.code))
  })
  eq(refused, 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL') // no order is under way any more
}, options)

scene('a failure is told, and the node\'s own certificate stays', async s => {
  const edge = await node(s, 'http')
  const zone = (await edge.call('POST', '/zones', { name: 'sad.test' })).result
  await edge.pebble.stop()
  eq((await edge.call('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'www', content: '192.0.2.10', proxied: true })).status, 200)
  await waitFor(async () => (await shown(edge, 'www.sad.test', edge.authority())).issuer?.startsWith('Seawall'), { within: 20000, what: 'the node\'s own certificate' })
  const packs = (await edge.call('GET', `/zones/${zone.id}/ssl/certificate_packs`)).result
  eq(packs.map(p => [p.status, p.hosts]), [['pending_validation', ['www.sad.test']]])
  eq((await edge.call('PATCH', `/zones/${zone.id}/ssl/universal/settings`, { enabled: false })).status, 400)
}, options)
