// SPDX-License-Identifier: Apache-2.0
// The renewal trap: an origin that renews its own certificate by HTTP-01, behind an edge in strict mode with Always Use HTTPS, when
// that certificate has expired already. The authority sees only the edge; were the validation redirected to https, the edge would
// answer 526 for the expired certificate, and the origin could never renew again.
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import path from 'node:path'
import { scene, eq, ok, waitFor, freePort, ms } from '../lib/scene.mjs'
import { Pebble, hasPebble } from '../lib/pebble.mjs'

const has = program => { try { execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'pipe' }); return true } catch { return false } }
const needs = (...programs) => {
  const missing = programs.filter(p => p === 'pebble' ? !hasPebble() : !has(p))
  return missing.length ? { skip: `${missing.join(', ')} not installed` } : { timeout: 120000 }
}
const HOST = 'www.trap.test'
// The usual ports of origins need root; these two are proxied ports as well, and addresses of loopback there are plenty.
const HTTP = 8080; const HTTPS = 8443

/** An edge at its own address, whose only way to the origin is the record that the API was given; the CA validates through it. */
async function world (s) {
  const net = `127.${64 + Math.floor(Math.random() * 128)}.${1 + Math.floor(Math.random() * 250)}`
  const front = `${net}.1`; const origin = `${net}.2`
  const dns = await freePort()
  const dir = s.folder()
  fs.chmodSync(dir, 0o755)
  const pebble = new Pebble(dir, { dns: `127.0.0.1:${dns}`, http: HTTP, nonceReject: 0 })
  s.undo.push(() => pebble.stop())
  await pebble.start()
  fs.writeFileSync(path.join(dir, 'root.pem'), await pebble.root())
  const edge = await s.edge({
    api: true,
    listen: [`${front}:${HTTP}`],
    config: {
      listen: { https: `${front}:${HTTPS}`, dns: `127.0.0.1:${dns}` },
      edge: { activation: 'immediate', addresses: front, nameservers: 'ns1.edge.test, ns2.edge.test' },
      // The edge has its own certificate for the same name from the same authority: tokens of both meet at one place.
      acme: { directory: pebble.directory, ca_file: pebble.caFile, challenge: 'http' },
      origin: { ca_file: path.join(dir, 'root.pem'), allow_private: 'yes' },
      node: { workers: 1 }
    }
  })
  const zone = (await edge.call('POST', '/zones', { name: 'trap.test' })).result
  const r = await edge.call('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'www', content: origin, proxied: true })
  eq(r.status, 200, r.text)
  for (const [id, value] of [['ssl', 'strict'], ['always_use_https', 'on']]) eq((await edge.call('PATCH', `/zones/${zone.id}/settings/${id}`, { value })).status, 200)

  // The origin over TLS, with what it has: at first an expired certificate of its own making.
  const ssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  fs.writeFileSync(path.join(dir, 'ext'), `subjectAltName=DNS:${HOST}`)
  ssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${HOST}`, '-keyout', 'old.key', '-out', 'old.csr')
  ssl('x509', '-req', '-in', 'old.csr', '-signkey', 'old.key', '-extfile', 'ext', '-days', '-1', '-out', 'old.pem')
  const app = https.createServer({ key: fs.readFileSync(path.join(dir, 'old.key')), cert: fs.readFileSync(path.join(dir, 'old.pem')) }, (q, r) => r.end('the app'))
  await new Promise(resolve => app.listen(HTTPS, origin, resolve))
  s.undo.push(() => { app.closeAllConnections?.(); app.close() })
  const trust = (await pebble.root()) + '\n' + edge.authority()
  const ask = (client, options, port) => new Promise((resolve, reject) => {
    client.get({ host: front, port, headers: { Host: HOST }, servername: HOST, ca: trust, agent: false, ...options }, r => {
      let text = ''
      r.on('data', d => { text += d })
      r.on('end', () => resolve({ status: r.statusCode, location: r.headers.location, text }))
    }).on('error', reject)
  })
  return { s, dir, edge, pebble, app, origin, zone, plain: path => ask(http, { path }, HTTP), secure: path => ask(https, { path }, HTTPS) }
}

/** Runs a client of the origin's to its end. */
function run (w, program, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: w.dir, env: { PATH: process.env.PATH, HOME: w.dir, LANG: 'C.UTF-8', ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    const timer = setTimeout(() => child.kill('SIGKILL'), ms(60000))
    for (const o of [child.stdout, child.stderr]) o.on('data', d => { out += d })
    child.on('error', reject)
    child.on('close', status => {
      clearTimeout(timer)
      if (status === 0) resolve(out)
      else reject(new Error(`${program} ${args.join(' ')} ended with ${status}\n${out.slice(-3000)}\n${w.pebble.output.slice(-2000)}`))
    })
  })
}

/** The trap is set: strict mode refuses the origin, and plain HTTP leads away. */
async function trapped (w) {
  await waitFor(async () => (await w.secure('/').catch(() => ({}))).status === 526, { within: 15000, what: 'strict mode to refuse the expired certificate' })
  await redirected(w)
}

async function redirected (w) {
  for (const p of ['/', '/x', '/.well-known/security.txt', '/.well-known/acme-challenge/', '/.well-known/acme-challenge', '/.well-known/acme-challenges/x', '/.well-known/../x']) {
    const r = await w.plain(p)
    eq([p, r.status], [p, 301])
    ok(r.location.startsWith(`https://${HOST}/`), r.location)
  }
}

/** The origin shows this certificate from now on, and strict mode is content. */
async function renewed (w, cert, key) {
  w.app.setSecureContext({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) })
  const r = await w.secure('/')
  eq([r.status, r.text], [200, 'the app'])
  await redirected(w)
}

const certbot = (w, ...args) => run(w, 'certbot', [...args, '--server', w.pebble.directory, '--config-dir', `${w.dir}/etc`, '--work-dir', `${w.dir}/work`, '--logs-dir', `${w.dir}/log`, '--non-interactive'], { REQUESTS_CA_BUNDLE: w.pebble.caFile })
const serial = file => execFileSync('openssl', ['x509', '-in', file, '-noout', '-serial'], { encoding: 'utf8' }).trim()

scene('certbot renews by its own server, again and again', async s => {
  const w = await world(s)
  await trapped(w)
  const cert = `${w.dir}/etc/live/${HOST}/fullchain.pem`
  await certbot(w, 'certonly', '--standalone', '--http-01-address', w.origin, '--http-01-port', String(HTTP), '-d', HOST, '--agree-tos', '--register-unsafely-without-email', '--no-random-sleep-on-renew')
  const first = serial(cert)
  await trapped(w) // the origin has not taken it up: it is still in the trap when the next renewal comes
  await certbot(w, 'renew', '--force-renewal', '--no-random-sleep-on-renew')
  ok(serial(cert) !== first)
  await renewed(w, cert, `${w.dir}/etc/live/${HOST}/privkey.pem`)
}, { ...needs('pebble', 'certbot'), long: true })

scene('certbot renews through the web server of the origin, which redirects by itself too', async s => {
  const w = await world(s)
  const root = path.join(w.dir, 'web')
  fs.mkdirSync(root)
  let tokens = 0
  const server = http.createServer((q, r) => {
    if (!q.url.startsWith('/.well-known/acme-challenge/')) { r.writeHead(301, { Location: `https://${HOST}${q.url}` }); r.end(); return }
    tokens++
    fs.readFile(path.join(root, path.normalize(q.url)), (e, data) => { r.writeHead(e ? 404 : 200, { 'Cache-Control': 'max-age=3600' }); r.end(e ? '' : data) })
  })
  await new Promise(resolve => server.listen(HTTP, w.origin, resolve))
  s.undo.push(() => { server.closeAllConnections?.(); server.close() })
  await trapped(w)
  await certbot(w, 'certonly', '--webroot', '-w', root, '-d', HOST, '--agree-tos', '--register-unsafely-without-email')
  ok(tokens >= 1)
  await renewed(w, `${w.dir}/etc/live/${HOST}/fullchain.pem`, `${w.dir}/etc/live/${HOST}/privkey.pem`)
}, { ...needs('pebble', 'certbot'), long: true })

scene('lego renews by its own server', async s => {
  const w = await world(s)
  await trapped(w)
  const lego = (...verb) => run(w, 'lego', ['--accept-tos', '--path', `${w.dir}/lego`, '--server', w.pebble.directory, '--email', 'ops@trap.test', '--domains', HOST, '--http', '--http.port', `${w.origin}:${HTTP}`, ...verb], { LEGO_CA_CERTIFICATES: w.pebble.caFile })
  const cert = `${w.dir}/lego/certificates/${HOST}.crt`
  await lego('run')
  const first = serial(cert)
  await trapped(w)
  await lego('renew', '--days', '3650', '--no-random-sleep')
  ok(serial(cert) !== first)
  await renewed(w, cert, `${w.dir}/lego/certificates/${HOST}.key`)
}, { ...needs('pebble', 'lego'), long: true })
