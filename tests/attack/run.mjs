// SPDX-License-Identifier: Apache-2.0
// The attack laboratory: floods at ten times what the origin can answer, beside honest visitors, on loopback addresses.
// Bounded in time and count. tests/attack/run [--peers] [KIND…]; with --peers the same against nginx with limit_req and
// haproxy with a stick table, for comparison (not judged). README.md says what each column is.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fork, spawn, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Edge } from '../lib/edge.mjs'
import { freePort, sleep, SLOW } from '../lib/wait.mjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const quick = process.env.SEAWALL_QUICK === '1'
const args = process.argv.slice(2)
const peers = args.includes('--peers')
const CAPACITY = 200; const HOST = 'www.test'
const BEFORE = quick ? 8 : 12; const DURING = quick ? 6 : 12; const AFTER = quick ? 2 : 5
const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64) Browser/1.0', 'Mozilla/5.0 (Macintosh) Browser/2.0', 'Mozilla/5.0 (Windows NT 10.0) Browser/3.0']
const PATHS = ['/', '/products', '/products/17', '/about', '/search?q=sea']
const like = ua => ({ 'User-Agent': ua, Accept: 'text/html', 'Accept-Language': 'en', Connection: 'keep-alive' })

/** What is told apart; honest: options for the visitors. */
const KINDS = {
  one: { what: 'one address, 200 connections', flood: { n: 200, addresses: 1, headers: { 'User-Agent': 'flood/1' }, paths: ['/'] } },
  many: { what: '2,000 addresses, a program of its own', flood: { n: 2000, headers: { 'User-Agent': 'python-requests/2.31', Accept: '*/*' }, paths: ['/'] } },
  mimic: { what: '2,000 addresses that look like browsers', flood: { n: 2000, headers: like(AGENTS[0]), paths: PATHS } },
  bust: { what: '2,000 addresses, queries that miss the cache', flood: { n: 2000, headers: { 'User-Agent': 'wget' }, paths: ['/static/logo.png'], bust: true } },
  office: { what: '2,000 addresses, honest visitors behind one', flood: { n: 2000, headers: { 'User-Agent': 'python-requests/2.31', Accept: '*/*' }, paths: ['/'] }, honest: { n: 50, one: true, every: 2500 } }
}

for (const [kind, what] of Object.entries({
  'slow-head': 'heads of 1,000 connections a byte at a time',
  'slow-body': 'bodies of 1,000 connections a byte at a time',
  'slow-read': '1,000 connections that do not read their answers'
})) KINDS[kind] = { what, file: 'slow.mjs', flood: { kind, n: 1000 }, unseen: true }

/** unseen: the origin is not asked, so that it cannot tell when it ended; tls, dns: what the honest speak. */
Object.assign(KINDS, {
  login: { what: '2,000 addresses try passwords', flood: { n: 2000, method: 'POST', headers: { ...like(AGENTS[0]), 'Content-Length': '0' }, paths: ['/login'] } },
  connections: { what: '1,500 connections a second that say nothing', file: 'connect.mjs', flood: { how: 'idle', n: 2000, rate: 1500, most: 12000 }, unseen: true },
  handshakes: { what: '1,500 TLS handshakes a second, none finished', file: 'connect.mjs', flood: { how: 'hello', n: 2000, rate: 1500, most: 2000 }, honest: { fresh: true }, tls: true, unseen: true },
  resets: { what: '100 connections, 20,000 HTTP/2 requests a second taken back', file: 'resets.mjs', flood: { n: 100, rate: 20000 }, tls: true },
  dns: { what: '10,000 DNS questions a second for random names', file: 'questions.mjs', flood: { n: 500, rate: 10000 }, honestFile: 'questions.mjs', honest: { honest: true, n: 20 }, dns: true, unseen: true }
})
const PLACES = 4000 // connections that each server may hold at a time

const judged = []
const judge = (what, ok, figures) => { judged.push(ok); console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}: ${figures}`) }
const child = (file, arg) => fork(path.join(here, file), [typeof arg === 'string' ? arg : JSON.stringify(arg)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
const message = c => new Promise(resolve => c.once('message', resolve))
const cpu = pid => { try { const f = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' '); return (Number(f[11]) + Number(f[12])) / 100 } catch { return NaN } }
const rss = pid => { try { return Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024 } catch { return NaN } }
const quantile = (list, q) => list.length ? list.slice().sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(q * list.length))] : NaN

/** Honest pages of a span: how many were there, of how many, and the 99th percentile of their times. */
function span (pages, from, to) {
  const these = pages.filter(p => p.at >= from && p.at < to)
  const good = these.filter(p => p.ok)
  return { n: these.length, good: good.length, p99: quantile(these.map(p => p.ms), 0.99), challenged: these.filter(p => p.challenged).length, lost: these.filter(p => !p.ok).map(p => `${((p.at - from) / 1000).toFixed(2)} s: ${p.status || 'no answer'} after ${p.ms} ms`) }
}

/** Seconds from the beginning of the flood until never more than a tenth of the capacity of it reached the origin again. */
function mitigated (seen, began, ended) {
  let last = began
  for (const [slot, s] of seen) if (slot >= began && slot + 250 < ended && s.flood * 4 > CAPACITY / 10) last = slot + 250
  return (last - began) / 1000
}

async function attack (kind, target) {
  const k = KINDS[kind]
  const pages = []
  const port = k.tls ? target.securePort : k.dns ? target.dnsPort : target.port
  const honest = child(k.honestFile ?? 'honest.mjs', { port, tls: k.tls, host: HOST, n: 20, net: 10, every: 500, paths: PATHS, agents: AGENTS, ...k.honest })
  honest.on('message', m => pages.push(m))
  const t0 = Date.now()
  await sleep(BEFORE * 1000)
  const t1 = Date.now(); const c1 = cpu(target.pid)
  const flood = child(k.file ?? 'flood.mjs', { port, host: HOST, net: 20, rate: 10 * CAPACITY, seconds: DURING, ...k.flood, headers: { ...k.flood.headers, 'X-Side': 'flood' } })
  const done = await message(flood)
  const t2 = Date.now(); const c2 = cpu(target.pid)
  await sleep(AFTER * 1000)
  const t3 = Date.now()
  await sleep(3000)
  honest.disconnect()
  target.origin.send('seen')
  const { seen } = await message(target.origin)
  return { before: span(pages, t0 + 1000, t1), during: span(pages, t1, t2), after: span(pages, t2, t3 - 500), mitigation: mitigated(seen, t1, t2), cpu: (c2 - c1) / ((t2 - t1) / 1000), rss: rss(target.pid), sent: done.sent, statuses: done.statuses }
}

async function withOrigin (fn) {
  const origin = child('origin.mjs', String(CAPACITY))
  try { return await fn(origin, (await message(origin)).port) } finally { origin.disconnect() }
}

async function onSeawall (kind) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-attack-'))
  fs.chmodSync(dir, 0o755)
  return withOrigin(async (origin, originPort) => {
    const dnsPort = await freePort()
    const plan = [{ kind: 'dns', name: 'test', ns: ['ns1.test', 'ns2.test'], soa: { serial: 1, min_ttl: 600 }, edge: { ipv4: ['203.0.113.1'], ipv6: [] }, records: [], proxied: [{ name: HOST }], flatten: [] }]
    const edge = new Edge(dir, { hosts: { [HOST]: `127.0.0.1:${originPort}` }, more: { autopilot: 'act' }, api: true, https: true, plan, config: { listen: { dns: `127.0.0.1:${dnsPort}`, api: '127.0.0.1:0' }, log: { access: undefined }, node: { workers: 1 }, limits: { conns_max: PLACES } }, trouble: true })
    try {
      await edge.prepare()
      await edge.start()
      const role = pid => { try { return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] } catch { return '' } }
      await edge.secured()
      return await attack(kind, { port: edge.port, securePort: edge.securePort, dnsPort, pid: edge.processes().find(p => role(p) === 'edge'), origin })
    } finally { await edge.stop(); fs.rmSync(dir, { recursive: true, force: true }) }
  })
}

const PEERS = {
  nginx: (dir, port, securePort, origin) => {
    fs.writeFileSync(`${dir}/nginx.conf`, `daemon off; master_process off; pid ${dir}/pid; error_log /dev/null; events { worker_connections ${PLACES}; }
http { access_log off; client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
limit_req_zone $binary_remote_addr zone=z:10m rate=10r/s; upstream o { server 127.0.0.1:${origin}; keepalive 64; }
server { listen 127.0.0.1:${port} backlog=4096; listen 127.0.0.1:${securePort} ssl http2 backlog=4096; ssl_certificate ${dir}/both.pem; ssl_certificate_key ${dir}/both.pem; ssl_session_cache shared:s:10m; location / { limit_req zone=z burst=20 nodelay; limit_req_status 429; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://o; } } }`)
    return spawn('nginx', ['-c', `${dir}/nginx.conf`], { stdio: 'ignore' })
  },
  haproxy: (dir, port, securePort, origin) => {
    fs.writeFileSync(`${dir}/haproxy.cfg`, `global
  maxconn ${PLACES}
  nbthread 1
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  timeout queue 10s
frontend f
  bind 127.0.0.1:${port} backlog 4096
  bind 127.0.0.1:${securePort} backlog 4096 ssl crt ${dir}/both.pem alpn h2,http/1.1
  stick-table type ip size 200k expire 60s store http_req_rate(10s)
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100 }
  default_backend b
backend b
  server o 127.0.0.1:${origin} maxconn 64
`)
    return spawn('haproxy', ['-f', `${dir}/haproxy.cfg`, '-db'], { stdio: 'ignore' })
  }
}

async function onPeer (name, kind) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-attack-'))
  const port = await freePort(); const securePort = await freePort()
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`, '-keyout', `${dir}/key.pem`, '-out', `${dir}/cert.pem`], { stdio: 'ignore' })
  fs.writeFileSync(`${dir}/both.pem`, fs.readFileSync(`${dir}/cert.pem`, 'utf8') + fs.readFileSync(`${dir}/key.pem`, 'utf8'))
  return withOrigin(async (origin, originPort) => {
    const p = PEERS[name](dir, port, securePort, originPort)
    try { await sleep(700); return await attack(kind, { port, securePort, pid: p.pid, origin }) } finally { p.kill('SIGKILL'); fs.rmSync(dir, { recursive: true, force: true }) }
  })
}

const share = s => s.n ? `${s.good}/${s.n}` : '-'
const row = (who, kind, r) => console.log(`| ${who} | ${KINDS[kind].what} | ${share(r.before)} | ${share(r.during)} | ${share(r.after)} | ${r.before.p99} / ${r.during.p99} / ${r.after.p99} | ${KINDS[kind].unseen ? '-' : r.mitigation.toFixed(2)} | ${r.cpu.toFixed(2)} | ${r.rss.toFixed(0)} | ${r.during.challenged} |`)

const kinds = args.filter(a => KINDS[a]).length ? args.filter(a => KINDS[a]) : quick ? ['many'] : Object.keys(KINDS)
console.log(`| who | flood | honest pages before | during | after | p99 ms before / during / after | mitigated after s | CPU s/s | MiB | honest challenged |\n|---|---|---|---|---|---|---|---|---|---|`)
for (const kind of kinds) {
  const r = await onSeawall(kind)
  row('seawall', kind, r)
  const missed = r.during.n + r.after.n - r.during.good - r.after.good
  judge(`${kind}: honest visitors are served`, r.during.n > 10 && missed <= Math.max(1, (r.during.n + r.after.n) / 1000), `${share(r.during)} during, ${share(r.after)} after; the other side got ${JSON.stringify(r.statuses)} for ${r.sent}${[...r.during.lost, ...r.after.lost].map(l => `; lost at ${l}`).join('')}`)
  if (!KINDS[kind].unseen) judge(`${kind}: held back within three seconds`, r.mitigation <= 3 * SLOW, `${r.mitigation.toFixed(2)} s`)
  for (const name of peers && !KINDS[kind].dns ? Object.keys(PEERS) : []) {
    try { execFileSync('sh', ['-c', `command -v ${name}`]) } catch { continue }
    row(name, kind, await onPeer(name, kind))
  }
}
console.log(`${judged.filter(x => x).length} passed, ${judged.filter(x => !x).length} failed`)
process.exit(judged.every(x => x) ? 0 : 1)
