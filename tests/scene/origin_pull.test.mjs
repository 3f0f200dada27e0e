// SPDX-License-Identifier: Apache-2.0
// Authenticated origin pulls: origins are shown a client certificate: the node's, the zone's, a host name's.
import fs from 'node:fs'
import path from 'node:path'
import { scene, eq, ok } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { authority } from '../lib/authority.mjs'

scene('the node\'s, the zone\'s and a host name\'s certificate, and none', async s => {
  const ca = authority(s.folder())
  const clients = authority(s.folder())
  const edge = await edgeWithApi(s, { https: true, config: { origin: { ca_file: ca.file } } })
  const root = fs.readFileSync(path.join(edge.dir, 'data/run/origin-pull.pem'))
  ok((await edge.api.does('ca', 'export', '--origin-pull', '--config', edge.configFile)).includes(root.toString().trim()), 'ca export')
  const seen = (q, reply) => reply.send(200, { 'Cache-Control': 'no-store' }, String(q.wire.socket.getPeerCertificate().subject?.CN))
  const app = await s.origin(seen, { secure: { ...ca.leaf('www', { hosts: ['*.pull.test', 'pull.test'] }), requestCert: true, rejectUnauthorized: true, ca: [root, clients.root], minVersion: 'TLSv1.2' } })
  s.undo.push(() => { app.errors.length = 0 })
  const zone = await edge.api.must('POST', '/zones', { name: 'pull.test' })
  const at = `/zones/${zone.id}/origin_tls_client_auth`
  for (const name of ['www', 'own']) await edge.api.must('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: `${name}.pull.test`, content: '127.0.0.1', proxied: true })
  await edge.api.must('PUT', `/zones/${zone.id}/rulesets/phases/http_request_origin/entrypoint`, { rules: [{ expression: 'true', action: 'route', action_parameters: { origin: { port: app.port } } }] })
  await edge.api.must('PATCH', `/zones/${zone.id}/settings/ssl?doctor=false`, { value: 'strict' })
  await edge.secured('www.pull.test')
  const who = async (host = 'www.pull.test') => { const r = await edge.get('/', { host, secure: {}, headers: { Accept: 'text/plain' } }); return r.status === 200 ? r.text : r.status }
  eq(await who(), 525)
  eq((await edge.logged({ status: 525 })).check, 'client_certificate')
  await edge.api.must('PATCH', `/zones/${zone.id}/settings/tls_client_auth`, { value: 'on' })
  eq(await who(), 'edge.seawall.internal')

  const pem = x => ({ certificate: x.cert.toString(), private_key: x.key.toString() })
  const own = await edge.api.must('POST', at, pem(clients.leaf('zone-client', { client: true })))
  ok(own.id && own.status === 'active' && !JSON.stringify(own).includes('PRIVATE'), JSON.stringify(own))
  eq(await who(), 'edge.seawall.internal') // not before it is switched on
  eq(await edge.api.must('PUT', `${at}/settings`, { enabled: true }), { enabled: true })
  eq(await who(), 'zone-client')

  const named = await edge.api.must('POST', `${at}/hostnames/certificates`, pem(clients.leaf('host-client', { client: true })))
  const bound = await edge.api.must('PUT', `${at}/hostnames`, { config: [{ hostname: 'own.pull.test', cert_id: named.id, enabled: true }] })
  eq([bound[0].hostname, bound[0].cert_id, bound[0].enabled], ['own.pull.test', named.id, true])
  eq([await who('own.pull.test'), await who('www.pull.test')], ['host-client', 'zone-client'])
  eq((await edge.api.must('GET', `${at}/hostnames/own.pull.test`)).cert_id, named.id)

  eq((await edge.api.must('GET', at)).map(x => x.id), [own.id])
  eq((await edge.api.must('DELETE', `${at}/hostnames/certificates/${named.id}`)).id, named.id)
  eq(await who('own.pull.test'), 'zone-client')
  await edge.api.must('PUT', `${at}/settings`, { enabled: false })
  await edge.api.must('PATCH', `/zones/${zone.id}/settings/tls_client_auth`, { value: 'off' })
  eq(await who(), 525)
})

scene('what is no certificate, or no key of it, is refused', async s => {
  const clients = authority(s.folder())
  const edge = await edgeWithApi(s, {})
  const zone = await edge.api.must('POST', '/zones', { name: 'pull.test' })
  const at = `/zones/${zone.id}/origin_tls_client_auth`
  const a = clients.leaf('a', { client: true })
  const b = clients.leaf('b', { client: true })
  for (const [body, pointer] of [
    [{ certificate: 'x', private_key: a.key.toString() }, '/certificate'],
    [{ certificate: a.cert.toString(), private_key: 'x' }, '/private_key'],
    [{ certificate: a.cert.toString(), private_key: b.key.toString() }, '/private_key'],
    [{ certificate: a.cert.toString() }, '/private_key']
  ]) {
    const r = await edge.api.call('POST', at, body)
    eq([r.status, r.json.errors[0].source?.pointer], [400, pointer])
  }
  eq((await edge.api.call('GET', `${at}/${'0'.repeat(32)}`)).status, 404)
  eq((await edge.api.call('PUT', `${at}/hostnames`, { config: [{ hostname: 'a.other.test', cert_id: 'x' }] })).status, 400)
})
