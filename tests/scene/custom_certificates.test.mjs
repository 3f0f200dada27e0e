// SPDX-License-Identifier: Apache-2.0
// Certificates that users bring themselves: judged, shown at once and before others, gone at once.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { scene, eq, ok, waitFor, freePort } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'

/** A root, an intermediate and leaves of it, by openssl. */
function authority (dir) {
  const ssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  const read = name => fs.readFileSync(path.join(dir, name), 'utf8')
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const rsa = ['-newkey', 'rsa:2048', '-nodes']
  const sign = (name, by, ext, days) => {
    fs.writeFileSync(path.join(dir, 'ext'), ext)
    ssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial', '-extfile', 'ext', '-days', String(days), '-out', `${name}.pem`)
  }
  ssl('req', '-x509', ...ec, '-subj', '/O=Test Org/CN=Root', '-days', '9', '-keyout', 'root.key', '-out', 'root.pem')
  ssl('req', '-new', ...ec, '-subj', '/O=Test Org/CN=Issuing', '-keyout', 'int.key', '-out', 'int.csr')
  sign('int', 'root', 'basicConstraints=critical,CA:TRUE', 9)
  return {
    root: read('root.pem'),
    intermediate: read('int.pem'),
    leaf (name, hosts, { days = 5, kind = ec, self = false } = {}) {
      const san = `subjectAltName=${hosts.map(h => `DNS:${h}`).join(',')}`
      if (self) ssl('req', '-x509', ...kind, '-subj', `/CN=${name}`, '-addext', san, '-days', String(days), '-keyout', `${name}.key`, '-out', `${name}.pem`)
      else {
        ssl('req', '-new', ...kind, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
        sign(name, 'int', san, days)
      }
      return { certificate: read(`${name}.pem`) + (self ? '' : read('int.pem')), private_key: read(`${name}.key`), alone: read(`${name}.pem`) }
    },
    rsa
  }
}

async function world (s) {
  const https = await freePort()
  const dir = s.folder()
  const edge = await edgeWithApi(s, { config: { listen: { https: `127.0.0.1:${https}` }, node: { workers: 1 } } })
  const zone = (await edge.api.post('/zones', { name: 'mine.test' }))
  await edge.api.post(`/zones/${zone.id}/dns_records`, { type: 'A', name: 'www', content: '127.0.0.1', proxied: true })
  const ca = authority(dir)
  const shown = (servername = 'www.mine.test') => new Promise(resolve => {
    const c = tls.connect({ host: '127.0.0.1', port: https, servername, ca: [ca.root, edge.authority()], minVersion: 'TLSv1.2' }, () => { const p = c.getPeerCertificate(); c.destroy(); resolve(p.subject.CN) })
    c.on('error', e => resolve(e.code))
  })
  await waitFor(async () => await shown() === 'mine.test', { within: 10000, what: 'the certificate of the node' })
  return { edge, zone, ca, shown, dir, at: `/zones/${zone.id}/custom_certificates` }
}

scene('a certificate is shown as soon as the answer is there, before the node\'s own; and gone with it', async s => {
  const { edge, zone, ca, shown, at } = await world(s)
  const one = await edge.api.post(at, { ...ca.leaf('one', ['*.mine.test', 'mine.test', 'www.elsewhere.test']), alone: undefined })
  eq(await shown(), 'one')
  eq([one.zone_id, one.hosts, one.issuer, one.signature, one.status, one.bundle_method, one.priority, one.type], [zone.id, ['*.mine.test', 'mine.test', 'www.elsewhere.test'], 'Test Org', 'ECDSAWithSHA256', 'active', 'ubiquitous', 0, 'legacy_custom'])
  ok(!JSON.stringify(one).includes('PRIVATE'))
  ok(await shown('www.elsewhere.test') !== 'one') // of another zone, maybe of somebody else
  eq((await edge.api.get(`${at}/${one.id}`)).id, one.id)
  // The newest, then the priority decides; a modern one stands behind.
  const two = await edge.api.post(at, { ...ca.leaf('two', ['mine.test', '*.mine.test']), alone: undefined })
  const modern = await edge.api.post(at, { ...ca.leaf('modern', ['mine.test', '*.mine.test']), type: 'sni_custom', alone: undefined })
  eq(await shown('mine.test'), 'two')
  eq((await edge.api.must('PUT', `${at}/prioritize`, { certificates: [{ id: one.id, priority: 2 }, { id: two.id, priority: 1 }] })).map(c => c.id), [one.id, two.id, modern.id])
  eq(await shown('mine.test'), 'one')
  eq(await edge.api.must('DELETE', `${at}/${one.id}`), { id: one.id })
  eq(await shown('mine.test'), 'two')
  // Replaced in place.
  eq((await edge.api.must('PATCH', `${at}/${two.id}`, { ...ca.leaf('three', ['mine.test', '*.mine.test'], { kind: ca.rsa }), alone: undefined })).signature, 'ECDSAWithSHA256')
  await edge.stop()
  await edge.start()
  await waitFor(async () => await shown('mine.test') === 'three' || await shown('mine.test') === 'modern', { within: 10000, what: 'what was uploaded, after a restart' })
  for (const id of [two.id, modern.id]) await edge.api.must('DELETE', `${at}/${id}`)
  await waitFor(async () => await shown('mine.test') === 'mine.test', { what: 'the certificate of the node again' })
  eq(await edge.api.get(at), [])
})

scene('what cannot be served is refused, with the member and the reason', async s => {
  const { edge, ca, at } = await world(s)
  const good = ca.leaf('good', ['www.mine.test'])
  const refused = async (body, pointer, text) => {
    const r = await edge.api.refused('POST', at, body)
    eq([r.status, r.pointer], [400, pointer], r.message)
    ok(r.message.includes(text), r.message)
  }
  const { certificate, private_key } = good // eslint-disable-line camelcase
  await refused({ certificate }, '/private_key', '')
  await refused({ certificate: 'x', private_key }, '/certificate', 'not a certificate in PEM')
  await refused({ certificate, private_key: 'x' }, '/private_key', 'not a private key in PEM')
  await refused({ certificate, private_key: ca.leaf('other', ['www.mine.test']).private_key }, '/private_key', 'does not belong to the certificate')
  const old = ca.leaf('old', ['www.mine.test'], { days: -1 })
  await refused({ certificate: old.certificate, private_key: old.private_key }, '/certificate', 'has expired')
  const foreign = ca.leaf('foreign', ['www.other.test', 'xmine.test'])
  await refused({ certificate: foreign.certificate, private_key: foreign.private_key }, '/certificate', 'for no name of the zone mine.test')
  await refused({ certificate: good.alone + ca.root, private_key }, '/certificate', 'out of order')
  await refused({ certificate, private_key, bundle_method: 'best' }, '/bundle_method', '')
  await refused({ certificate, private_key, geo_restrictions: { label: 'eu' } }, '/geo_restrictions', '')
  const self = ca.leaf('self', ['www.mine.test'], { self: true })
  await refused({ certificate: self.certificate, private_key: self.private_key }, '/bundle_method', 'self-signed')
  eq((await edge.api.post(at, { certificate: self.certificate, private_key: self.private_key, bundle_method: 'force' })).bundle_method, 'force')
  eq((await edge.api.refused('GET', `${at}/00000000000000000000000000000000`)).status, 404)
  eq((await edge.api.refused('PATCH', `${at}/00000000000000000000000000000000`, {})).status, 404)
  eq((await edge.api.refused('PUT', `${at}/prioritize`, { certificates: [1] })).pointer, '/certificates/0')
  eq((await edge.api.get(at)).length, 1)
})

scene('the items of a deleted zone go at once', async s => {
  const { edge, zone, ca, shown, at } = await world(s)
  const items = () => JSON.parse(fs.readFileSync(path.join(edge.dir, 'data/run/status.json'), 'utf8')).items_n
  await edge.api.post(at, { ...ca.leaf('one', ['*.mine.test']), alone: undefined })
  eq(await shown(), 'one')
  let n
  await waitFor(() => { const now = items(); const same = now === n; n = now; return same }, { every: 1200, within: 10000, what: 'a quiet status file' })
  await edge.api.must('DELETE', `/zones/${zone.id}`)
  // Zone, names, the certificate of the node and the one that was uploaded.
  await waitFor(() => items() === n - 4, { within: 10000, what: 'four items less' })
  await waitFor(async () => /UNRECOGNIZED|ERR|ECONN/.test(await shown()), { what: 'nothing to be shown' })
})

scene('the command line brings, shows and deletes them', async s => {
  const { edge, ca, shown, dir } = await world(s)
  const { certificate } = ca.leaf('cli', ['*.mine.test'])
  fs.writeFileSync(path.join(dir, 'chain.pem'), certificate)
  const up = await edge.api.seawall('certificates', 'upload', 'mine.test', path.join(dir, 'chain.pem'), path.join(dir, 'cli.key'), '--json')
  eq(up.status, 0, up.err)
  const { id } = JSON.parse(up.out)
  eq(await shown(), 'cli')
  const list = await edge.api.seawall('certificates', 'list', 'mine.test')
  ok(list.out.includes('*.mine.test') && list.out.includes('active') && list.out.includes(id), list.out)
  ok((await edge.api.seawall('certificates', 'show', 'mine.test', id)).out.includes('Test Org'))
  eq((await edge.api.seawall('certificates', 'show', 'mine.test', '0')).status, 1)
  eq((await edge.api.seawall('certificates', 'order', 'mine.test', '0')).status, 1)
  eq((await edge.api.seawall('certificates', 'delete', 'mine.test', id)).status, 0)
  eq(await shown(), 'mine.test')
})
