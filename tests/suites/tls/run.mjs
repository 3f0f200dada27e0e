// SPDX-License-Identifier: Apache-2.0
// HTTPS as others see it: sslscan, testssl.sh, curl, h2load and a browser, against an edge whose certificate comes from a
// public-style authority (pebble). testssl.sh takes minutes and is left out of the quick run.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createHash, X509Certificate } from 'node:crypto'
import { execFile, execFileSync } from 'node:child_process'
import tls from 'node:tls'
import { Edge } from '../../lib/edge.mjs'
import { Origin } from '../../lib/origin.mjs'
import { Pebble, hasPebble } from '../../lib/pebble.mjs'
import { Responder } from '../../lib/responder.mjs'
import { freePort, waitFor } from '../../lib/wait.mjs'

const HOST = 'www.tls.test'
const quick = process.env.SEAWALL_QUICK === '1'
let passed = 0; let failed = 0; let skipped = 0
const judge = (what, ok, figures) => {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}: ${figures}`)
  if (ok) passed++; else failed++
}
const skip = (what, why) => { skipped++; console.log(`SKIP ${what}: ${why}`) }
const has = name => { try { execFileSync('sh', ['-c', `command -v ${name}`]); return true } catch { return false } }
const run = (program, args, timeout = 120000, env = {}) => new Promise(resolve => {
  execFile(program, args, { timeout, maxBuffer: 1 << 26, env: { ...process.env, ...env } }, (error, stdout, stderr) => resolve({ code: error ? error.code ?? error.signal : 0, stdout, stderr }))
})

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-tls-'))
fs.chmodSync(dir, 0o755) // the processes run as another user
const folder = name => { const d = path.join(dir, name); fs.mkdirSync(d); return d }
const origin = new Origin((q, reply) => q.target === '/page'
  ? reply.send(200, { 'Content-Type': 'text/html' }, '<!doctype html><p id=said>waiting</p><script>fetch("/said").then(r => r.text()).then(t => { document.getElementById("said").textContent = t })</script>')
  : reply.send(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'max-age=60' }, 'hello from the origin'))

/** Edge, authority and responder; a zone through the API, with HSTS and its own certificate. */
async function world () {
  const dns = await freePort(); const http = await freePort(); const ocsp = await freePort()
  const pebble = new Pebble(folder('pebble'), { dns: `127.0.0.1:${dns}`, http, ocsp: `http://127.0.0.1:${ocsp}` })
  await pebble.start()
  const responder = await new Responder(folder('ocsp'), ocsp, await pebble.intermediate()).start()
  const edge = new Edge(folder('edge'), {
    api: true,
    https: true,
    config: {
      listen: { http: `127.0.0.1:${http}`, dns: `127.0.0.1:${dns}` },
      edge: { activation: 'immediate', addresses: '192.0.2.9', nameservers: 'ns1.edge.test, ns2.edge.test' },
      acme: { directory: pebble.directory, ca_file: pebble.caFile, contact: 'ops@example.test', challenge: 'dns' }
    }
  })
  await edge.start()
  return { edge, pebble, responder }
}

const must = r => { if (!r.success) throw new Error(`${r.status} ${r.text}`); return r.result }

async function zone ({ edge, pebble }) {
  const z = must(await edge.call('POST', '/zones', { name: 'tls.test' }))
  must(await edge.call('PATCH', `/zones/${z.id}/settings/ssl`, { value: 'flexible' }))
  must(await edge.call('PATCH', `/zones/${z.id}/settings/security_header`, { value: { strict_transport_security: { enabled: true, max_age: 31536000, include_subdomains: true, preload: false, nosniff: true } } }))
  must(await edge.call('POST', `/zones/${z.id}/dns_records`, { type: 'A', name: 'www', content: '127.0.0.1', proxied: true }))
  must(await edge.call('POST', `/zones/${z.id}/rulesets`, { name: 'port', kind: 'zone', phase: 'http_request_origin', rules: [{ expression: 'true', action: 'route', action_parameters: { origin: { port: origin.port } } }] }))
  const ca = await pebble.root()
  await waitFor(() => shown(edge, ca).then(c => { pebble.leaf = c; return true }), { within: 60000, what: `a certificate of pebble\n${edge.output.slice(-2000)}` })
  pebble.rootFile = path.join(dir, 'root.pem')
  fs.writeFileSync(pebble.rootFile, ca)
}

/** The leaf that is shown, DER, when it verifies. */
const shown = (edge, ca) => new Promise((resolve, reject) => {
  const c = tls.connect({ host: '127.0.0.1', port: edge.securePort, servername: HOST, ca }, () => { resolve(c.getPeerCertificate().raw); c.destroy() })
  c.on('error', reject)
})

async function sslscan ({ edge }) {
  const { stdout } = await run('sslscan', ['--no-colour', '--xml=-', `--sni-name=${HOST}`, `127.0.0.1:${edge.securePort}`])
  const enabled = [...stdout.matchAll(/<protocol type="(\w+)" version="([\d.]+)" enabled="1"/g)].map(m => m[1] + m[2])
  const ciphers = [...stdout.matchAll(/<cipher [^>]*cipher="([^"]+)"[^>]*strength="(\w+)"/g)].map(m => [m[1], m[2]])
  const weak = ciphers.filter(([, strength]) => !['strong', 'acceptable'].includes(strength)).map(c => c.join(' '))
  const leaks = [...stdout.matchAll(/<heartbleed sslversion="([^"]+)" vulnerable="1"/g)].map(m => m[1])
  judge('sslscan: protocols', enabled.join() === 'tls1.2,tls1.3', enabled.join(' ') || stdout.slice(0, 300))
  judge('sslscan: ciphers', ciphers.length >= 6 && weak.length === 0, `${ciphers.length} accepted, ${weak.length} weak ${weak.join(', ')}`)
  judge('sslscan: renegotiation, compression, heartbleed', /<renegotiation supported="0"/.test(stdout) && !/<compression supported="1"/.test(stdout) && /<heartbleed /.test(stdout) && !leaks.length, `none, none, ${leaks.length} leaks`)
}

/** Everything of testssl.sh but the client simulation and the lists of single ciphers, which tell nothing more. */
async function testssl ({ edge, pebble }) {
  const file = path.join(dir, 'testssl.json')
  const at = Date.now()
  const { code, stdout } = await run('testssl', [`--ip=127.0.0.1`, '--warnings', 'batch', '--color', '0', '--quiet', '--jsonfile', file, '--add-ca', pebble.rootFile, '-p', '-s', '-f', '-P', '-S', '-h', '-U', `https://${HOST}:${edge.securePort}/`], 600000)
  const found = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : []
  const count = s => found.filter(f => f.severity === s)
  const bad = ['CRITICAL', 'HIGH', 'MEDIUM'].flatMap(count)
  const low = count('LOW')
  for (const f of [...bad, ...low, ...count('WARN')]) console.log(`     ${f.severity} ${f.id}: ${f.finding}`)
  judge('testssl.sh', found.length > 80 && bad.length === 0 && low.length <= 1,
    `${found.length} findings in ${Math.round((Date.now() - at) / 1000)} s, ${count('CRITICAL').length} critical, ${count('HIGH').length} high, ${count('MEDIUM').length} medium, ${low.length} low, ${count('WARN').length} not done${found.length > 80 ? '' : ` (ended with ${code}: ${stdout.slice(-500)})`}`)
}

/** The authority's word on the certificate is shown with it (OCSP stapling), and openssl takes it for good. */
async function stapling ({ edge, pebble, responder }) {
  const word = () => new Promise(resolve => {
    const c = tls.connect({ host: '127.0.0.1', port: edge.securePort, servername: HOST, ca: fs.readFileSync(pebble.rootFile), requestOCSP: true })
    let seen = null
    c.on('OCSPResponse', r => { seen = r })
    c.on('secureConnect', () => { c.destroy(); resolve(seen) })
    c.on('error', () => resolve(null))
  })
  judge('no OCSP response before the responder knows the certificate', await word() === null, 'none')
  await responder.knows(pebble.leaf)
  const at = Date.now()
  const der = await waitFor(word, { within: 60000, every: 200, what: `a stapled response\n${responder.output}\n${edge.output.slice(-1500)}` })
  const { stdout } = await run('openssl', ['s_client', '-connect', `127.0.0.1:${edge.securePort}`, '-servername', HOST, '-CAfile', pebble.rootFile, '-status'], 20000)
  judge('OCSP stapling', /Cert Status: good/.test(stdout), `${der.length} bytes, ${Date.now() - at} ms after the responder knew; ${/Cert Status: .*/.exec(stdout)?.[0] ?? stdout.slice(0, 300)}`)
}

async function curl ({ edge, pebble }) {
  for (const [flag, version] of [['--http1.1', '1.1'], ['--http2', '2']]) {
    const { stdout, stderr } = await run('curl', ['-sS', flag, '--cacert', pebble.rootFile, '--resolve', `${HOST}:${edge.securePort}:127.0.0.1`, '-w', ' %{http_version} %{http_code}', `https://${HOST}:${edge.securePort}/`])
    judge(`curl ${flag}`, stdout === `hello from the origin ${version} 200`, stdout || stderr)
  }
}

async function h2load ({ edge }) {
  const n = quick ? 2000 : 20000
  const { stdout, stderr } = await run('h2load', ['-n', String(n), '-c', '16', '-m', '32', '-t', '1', `--connect-to=127.0.0.1:${edge.securePort}`, `https://${HOST}:${edge.securePort}/`])
  const done = /requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored/.exec(stdout)
  judge('h2load', done && Number(done[3]) === n && Number(done[4]) === 0 && Number(done[5]) === 0, done ? `${done[0]}; ${/finished in .*/.exec(stdout)?.[0]}` : stderr + stdout)
}

/** The hash of the leaf's public key, as Chromium's flag for certificates to put up with wants it. */
const pin = der => createHash('sha256').update(new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' })).digest('base64')

async function chromium ({ edge, pebble }) {
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run', `--user-data-dir=${path.join(dir, 'chromium')}`,
    `--host-resolver-rules=MAP ${HOST} 127.0.0.1`, `--ignore-certificate-errors-spki-list=${pin(pebble.leaf)}`, '--virtual-time-budget=20000', '--dump-dom', `https://${HOST}:${edge.securePort}/page`]
  const { stdout, stderr } = await run('chromium', args, 120000, { HOME: dir })
  judge('Chromium: a page and what its script fetches', /<p id="said">hello from the origin<\/p>/.test(stdout), stdout.replace(/\n/g, ' ').slice(0, 200) || stderr.slice(-500))
  const seen = edge.log().filter(l => l.path === '/page' || l.path === '/said').map(l => `${l.path} HTTP/${l.http / 10}`)
  judge('Chromium: by HTTP/2', seen.length >= 2 && seen.every(p => /HTTP.2$/.test(p)), seen.join(', '))
}

let w = null
try {
  if (!hasPebble()) throw new Error('pebble is not installed')
  await origin.start()
  w = await world()
  await zone(w)
  await stapling(w)
  for (const [program, check] of [['sslscan', sslscan], ['curl', curl], ['h2load', h2load], ['chromium', chromium], ['testssl', testssl]]) {
    if (program === 'testssl' && quick) skip('testssl.sh', 'takes minutes')
    else if (has(program)) await check(w)
    else skip(program, 'is not installed')
  }
} catch (e) {
  failed++
  console.log(`FAIL ${e.stack}\n    ${w?.edge.output.slice(-2000) ?? ''}`)
} finally {
  await w?.edge.stop().catch(e => { failed++; console.log(`FAIL ${e.message}`) })
  await w?.responder.stop()
  await w?.pebble.stop()
  await origin.stop().catch(() => {})
  fs.rmSync(dir, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
process.exit(failed ? 1 : 0)
