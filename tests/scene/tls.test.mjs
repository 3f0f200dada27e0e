// SPDX-License-Identifier: Apache-2.0
// What a zone may decide about the TLS of its visitors, and what is known of them: orders under way, fingerprints, versions, cipher
// suites, early data.
import fs from 'node:fs'
import path from 'node:path'
import { execFileSync, spawn } from 'node:child_process'
import { scene, eq, ok, ms, waitFor } from '../lib/scene.mjs'

const WWW = 'www.tls.test'

async function edgeOf (s, script, more = {}, options = {}) {
  const app = await s.origin(script)
  const edge = await s.edge({ https: true, zone: 'tls.test', hosts: { [WWW]: [app] }, more, ...options })
  await edge.secured(WWW)
  return { app, edge }
}

const refused = (edge, secure, host = WWW) => edge.connect({ secure, host }).then(c => { c.close(); return 'shown' }, e => e.message)

scene('a handshake for a name whose certificate is being ordered waits, but not for long', async s => {
  const { edge } = await edgeOf(s, { '/': 'hello' }, {}, { config: { limits: { tls_order_wait_ms: 400 } } })
  const timed = async () => { const at = Date.now(); await edge.secured(WWW); return Date.now() - at }
  const order = edge.plan({ kind: 'order', name: 'abc', hosts: ['tls.test', '*.tls.test'] })
  await waitFor(async () => await timed() >= 380, { what: 'a handshake to wait' })
  const at = Date.now()
  const unknown = await refused(edge, {}, 'other.test') // nobody orders this one
  ok(/unrecognized/.test(unknown) && Date.now() - at < ms(300), unknown)
  const waiting = timed()
  edge.unplan(order)
  await waiting
  await waitFor(async () => await timed() < ms(100), { what: 'handshakes that do not wait' })
})

scene('fingerprints of handshakes are in the log and in rules', async s => {
  const { edge } = await edgeOf(s, { '/': 'hello', '/two': 'two' })
  eq((await edge.get('/', { secure: {}, host: WWW })).text, 'hello')
  const one = await edge.logged({ path: '/' })
  ok(/^t13d\d{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/.test(one.ja4), one.ja4)
  eq((await edge.get('/', { host: WWW })).text, 'hello')
  ok((await edge.logged(l => l.path === '/' && !l.ja4)).status === 200, 'without TLS there is none')
  edge.plan({ ...[...edge.items.values()][0], rulesets: { http_request_firewall_custom: [{ expression: `cf.bot_management.ja4 eq "${one.ja4}" and len(cf.bot_management.ja3_hash) == 32`, action: 'block' }] } })
  await waitFor(async () => (await edge.get('/two', { secure: {}, host: WWW })).status === 403, { what: 'the rule' })
  eq((await edge.get('/two', { secure: { maxVersion: 'TLSv1.2' }, host: WWW })).status, 200, 'another handshake')
  eq((await edge.get('/two', { host: WWW })).status, 200)
})

scene('versions and cipher suites of a zone', async s => {
  const { edge } = await edgeOf(s, { '/': 'hello' }, { tls_1_3: 'off', ciphers: ['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-SHA256'] })
  const shown = async secure => { const c = await edge.connect({ secure, host: WWW }); const r = [c.socket.getProtocol(), c.socket.getCipher().name]; c.close(); return r }
  eq(await shown({}), ['TLSv1.2', 'ECDHE-ECDSA-CHACHA20-POLY1305'])
  eq(await shown({ ciphers: 'ECDHE-ECDSA-AES128-SHA256' }), ['TLSv1.2', 'ECDHE-ECDSA-AES128-SHA256'])
  ok(/handshake failure|no shared/i.test(await refused(edge, { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })))
  ok(/protocol version|version/i.test(await refused(edge, { minVersion: 'TLSv1.3' })))
  edge.plan({ ...[...edge.items.values()][0], ciphers: ['DES-CBC3-SHA'] })
  await waitFor(() => { const row = JSON.parse(fs.readFileSync(path.join(edge.dir, 'data/run/status.json'))).items.find(i => i.file?.startsWith('zone')); return row?.state === 'refused' && /ciphers\[0\]/.test(row.reason) }, { what: 'the refusal' })
})

/** One request over TLS by openssl's client; early: sent as early data with the session in the file. */
function openssl (edge, { session, early, request }) {
  const args = ['s_client', '-connect', `127.0.0.1:${edge.securePort}`, '-servername', WWW, '-CAfile', path.join(edge.dir, 'data/run/ca.pem'), '-ign_eof', '-verify_return_error']
  if (early) fs.writeFileSync(session + '.early', early)
  args.push(...early ? ['-sess_in', session, '-early_data', session + '.early'] : ['-sess_out', session])
  return new Promise(resolve => {
    const c = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let out = ''
    for (const o of [c.stdout, c.stderr]) o.on('data', d => { out += d })
    c.on('close', () => resolve({ out, taken: /Early data was accepted/.test(out), status: Number(/HTTP\/1\.1 (\d+)/.exec(out)?.[1]) }))
    if (request) c.stdin.write(request)
  })
}

scene('early data: only where it is wanted, only safe requests, marked for the origin, once', async s => {
  const { app, edge } = await edgeOf(s, { '/': 'hello', '/up': 'up' }, { '0rtt': true })
  const session = path.join(s.folder(), 'session')
  const get = (method, rest = '') => `${method} HTTP/1.1\r\nHost: ${WWW}\r\nConnection: close\r\n${rest}\r\n`
  const first = await openssl(edge, { session, request: get('GET /') })
  eq([first.status, app.last.headers.get('early-data')], [200, undefined], first.out)
  fs.copyFileSync(session, session + '.again')
  const early = await openssl(edge, { session, early: get('GET /') })
  eq([early.taken, early.status], [true, 200], early.out)
  eq(app.last.headers.get('early-data'), '1')
  ok((await edge.logged(l => l.early)).path === '/')
  const replay = await openssl(edge, { session: session + '.again', early: get('GET /'), request: get('GET /') })
  eq([replay.taken, replay.status], [false, 200], 'a replay is not taken; the client sends again')
  await openssl(edge, { session, request: get('GET /') })
  const before = app.count('/up')
  const unsafe = await openssl(edge, { session, early: get('POST /up', 'Content-Length: 2\r\n') + 'ab' })
  eq([unsafe.taken, unsafe.status, app.count('/up') - before], [true, 425, 0], unsafe.out)
  edge.plan({ ...[...edge.items.values()][0], '0rtt': false })
  await openssl(edge, { session, request: get('GET /') })
  await waitFor(async () => {
    await openssl(edge, { session, request: get('GET /') })
    const off = await openssl(edge, { session, early: get('GET /'), request: get('GET /') })
    return !off.taken && (off.status === 200 || /max_early_data|Cannot write early|Error writing early/i.test(off.out))
  }, { what: 'early data to be refused', within: 15000 })
}, { timeout: 120000 })

/** openssl as an authority: makes a root, and certificates of it, in a folder. */
function authority (dir, name) {
  const file = n => path.join(dir, `${name}-${n}`)
  const run = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  run('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', `/O=${name}/CN=${name} root`, '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', file('ca.key'), '-out', file('ca.pem'))
  return {
    pem: fs.readFileSync(file('ca.pem'), 'utf8'),
    issue (cn, serial, days = 5) {
      run('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/O=${name}/CN=${cn}`, '-keyout', file(`${cn}.key`), '-out', file(`${cn}.csr`))
      run('x509', '-req', '-in', file(`${cn}.csr`), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-set_serial', serial, '-days', String(days), '-out', file(`${cn}.pem`))
      return { cert: fs.readFileSync(file(`${cn}.pem`), 'utf8'), key: fs.readFileSync(file(`${cn}.key`), 'utf8') }
    }
  }
}

scene('client certificates: asked for where hosts have an authority, judged, and rules decide', async s => {
  const dir = s.folder()
  const ours = authority(dir, 'ours'); const others = authority(dir, 'others')
  const good = ours.issue('device', '0x1A2B'); const bad = others.issue('stranger', '0x1A2B'); const revoked = ours.issue('lost', '0x77')
  const OPEN = 'open.tls.test'
  const app = await s.origin({ '/': 'hello' })
  const rules = { http_request_firewall_custom: [{ expression: `http.host eq "${WWW}" and (not cf.tls_client_auth.cert_verified or cf.tls_client_auth.cert_revoked)`, action: 'block' }],
    http_request_late_transform: [{ expression: 'cf.tls_client_auth.cert_presented', action: 'rewrite', action_parameters: { headers: { 'X-Who': { operation: 'set', expression: 'concat(cf.tls_client_auth.cert_subject_dn, " ", cf.tls_client_auth.cert_serial)' } } } }] }
  const edge = await s.edge({ https: true, zone: 'tls.test', hosts: { [WWW]: [app], [OPEN]: [app] }, more: { rulesets: rules, '0rtt': true } })
  await edge.secured(WWW)
  edge.plan({ kind: 'client_ca', name: 'devices', hosts: [WWW], chain: ours.pem, revoked: ['77'] })
  const get = (secure, host = WWW) => edge.get('/', { secure, host })
  await waitFor(async () => (await get(good)).status === 200, { what: 'the authority to be live' })
  eq(app.last.headers.get('x-who'), 'CN=device,O=ours 1A2B')
  eq((await get({})).status, 403, 'none was shown')
  eq((await get(bad)).status, 403, 'of another authority')
  eq((await get(revoked)).status, 403, 'revoked')
  eq((await get({ ...good, maxVersion: 'TLSv1.2' })).status, 200)
  eq((await get(bad, OPEN)).status, 200, 'a host without an authority asks for none')
  eq(app.last.headers.get('x-who'), undefined)
  // What was shown to one host is nothing to another one, over the same connection.
  const c = await s.client(edge, { secure: { servername: OPEN }, host: OPEN })
  eq((await c.get('/', { host: WWW })).status, 403)
  edge.plan({ kind: 'client_ca', name: 'again', hosts: [WWW], chain: ours.pem })
  await waitFor(() => { const row = JSON.parse(fs.readFileSync(path.join(edge.dir, 'data/run/status.json'))).items.find(i => i.file === 'client_ca-again.json'); return row?.state === 'refused' && /hosts\[0\]/.test(row.reason) }, { what: 'the second authority to be refused' })
})

scene('client certificates over the API: an authority, its hosts, and what it says when they cannot be', async s => {
  const ours = authority(s.folder(), 'ours')
  const good = ours.issue('device', '0x5')
  const app = await s.origin({ '/': 'hello' })
  const edge = await s.edge({ https: true, api: true, config: { edge: { activation: 'immediate', addresses: '192.0.2.9', nameservers: 'ns1.edge.test, ns2.edge.test' } } })
  const must = r => { eq(r.success, true, r.text); return r.result }
  const zone = must(await edge.call('POST', '/zones', { name: 'tls.test' }))
  must(await edge.call('PATCH', `/zones/${zone.id}/settings/ssl`, { value: 'flexible' }))
  must(await edge.call('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'www', content: '127.0.0.1', proxied: true }))
  must(await edge.call('POST', `/zones/${zone.id}/rulesets`, { name: 'port', kind: 'zone', phase: 'http_request_origin', rules: [{ expression: 'true', action: 'route', action_parameters: { origin: { port: app.port } } }] }))
  must(await edge.call('POST', `/zones/${zone.id}/rulesets`, { name: 'mtls', kind: 'zone', phase: 'http_request_firewall_custom', rules: [{ expression: 'not cf.tls_client_auth.cert_verified', action: 'block' }] }))
  const account = zone.account.id
  eq((await edge.call('POST', `/accounts/${account}/mtls_certificates`, { name: 'x', ca: true, certificates: good.cert })).status, 400, 'no authority')
  const ca = must(await edge.call('POST', `/accounts/${account}/mtls_certificates`, { name: 'devices', ca: true, certificates: ours.pem }))
  eq([ca.name, ca.ca, /CN=ours root/.test(ca.issuer)], ['devices', true, true])
  const hosts = `/zones/${zone.id}/certificate_authorities/hostname_associations`
  eq((await edge.call('PUT', hosts, { mtls_certificate_id: ca.id, hostnames: ['www.other.test'] })).status, 400)
  eq((await edge.call('PUT', hosts, { mtls_certificate_id: 'f'.repeat(32), hostnames: [WWW] })).status, 404)
  must(await edge.call('PUT', hosts, { mtls_certificate_id: ca.id, hostnames: [WWW] }))
  eq(must(await edge.call('GET', hosts)).hostnames, [WWW])
  await edge.secured(WWW)
  eq((await edge.get('/', { secure: good, host: WWW })).text, 'hello')
  eq((await edge.get('/', { secure: {}, host: WWW })).status, 403)
  eq((await edge.call('DELETE', `/accounts/${account}/mtls_certificates/${ca.id}`)).status, 400, 'in use')
  must(await edge.call('PUT', hosts, { mtls_certificate_id: ca.id, hostnames: [] }))
  must(await edge.call('DELETE', `/accounts/${account}/mtls_certificates/${ca.id}`))
  eq((await edge.get('/', { secure: good, host: WWW })).status, 403, 'nobody asks for it any more')
})
