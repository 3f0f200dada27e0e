#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Drives the public HTTP cache test vectors (JSON, as exported by the cache-tests project) through a
// reverse proxy, with an origin of its own on loopback.  Own engine: needs Node only.
//
//   CT_TESTS    JSON file of vectors, or a folder with tests/index.mjs (npm package http-cache-tests)
//   CT_BASE     base URL of the edge under test, e.g. http://127.0.0.1:8080 or https://127.0.0.1:8443
//   CT_HOST     Host header / SNI to use (default: host of CT_BASE)
//   CT_ORIGIN   host:port the edge forwards to; the origin listens there (default 127.0.0.1:18000)
//   CT_OUT      per-test results JSON          CT_ONLY   comma list of test or suite ids
//   CT_JOBS     tests in flight (default 64)   CT_VERBOSE=1 lists every non-pass
//   CT_MIN_REQUIRED / CT_MIN_OPTIMAL           thresholds for the exit status
import http from 'node:http'
import https from 'node:https'
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { randomUUID } from 'node:crypto'
import { pathToFileURL } from 'node:url'

const env = process.env
const base = new URL(env.CT_BASE || process.argv[2])
const [ohost, oport] = (env.CT_ORIGIN || '127.0.0.1:18000').split(':')
const src = env.CT_TESTS
const suites = src.endsWith('.json')
  ? JSON.parse(fs.readFileSync(src))
  : (await import(pathToFileURL(path.join(path.resolve(src), 'tests/index.mjs')))).default
const plain = o => JSON.parse(JSON.stringify(o))

// ---------------------------------------------------------------- dates
const D = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const M = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const p2 = n => String(n).padStart(2, '0')
function httpDate (ms, old) {
  const d = new Date(ms)
  if (!old) return d.toUTCString()
  return `${D[d.getUTCDay()]}, ${p2(d.getUTCDate())}-${M[d.getUTCMonth()]}-${p2(d.getUTCFullYear() % 100)} ` +
    `${p2(d.getUTCHours())}:${p2(d.getUTCMinutes())}:${p2(d.getUTCSeconds())} GMT`
}
const DATES = new Set(['date', 'expires', 'last-modified', 'if-modified-since', 'if-unmodified-since'])
const LOCS = new Set(['location', 'content-location'])
// Vectors write dates as seconds relative to the origin's clock, and locations relative to the request.
function resolve (pair, now, url, cfg) {
  const n = pair[0].toLowerCase()
  if (DATES.has(n) && Number.isInteger(pair[1]) && Number.isFinite(now)) {
    pair[1] = httpDate(now + pair[1] * 1000, (cfg.rfc850date || []).includes(n))
  }
  if (LOCS.has(n) && cfg.magic_locations) pair[1] = pair[1] ? `${url}/${pair[1]}` : url
  return pair
}

// ---------------------------------------------------------------- origin
const runs = new Map()
const origin = http.createServer(async (q, r) => {
  const id = q.url.split('?')[0].split('/')[2]
  const run = runs.get(id)
  q.resume()
  if (!run) { r.writeHead(404); r.end('unknown test\n'); return }
  const cliNum = parseInt(q.headers['req-num'])
  const cfg = run.cfg[(cliNum || run.seen.length + 1) - 1]
  if (!cfg) { r.writeHead(409); r.end(); return }
  if (cfg.response_pause) await new Promise(resolve => setTimeout(resolve, cfg.response_pause * 1000))
  const prev = run.cfg[(cliNum || run.seen.length + 1) - 2]
  for (const [status, hs = []] of cfg.interim_responses || []) {
    if (status === 102) r.writeProcessing()
    else if (status === 103) r.writeEarlyHints(Object.fromEntries(hs))
  }
  let st = cfg.response_status || [200, 'OK']
  if ((cfg.expected_type || '').endsWith('validated')) {
    const of = n => (prev?.response_headers || []).filter(h => h[0].toLowerCase() === n).pop()?.[1]
    const lm = of('last-modified'); const et = of('etag')
    st = (lm && q.headers['if-modified-since'] === lm) || (et && q.headers['if-none-match'] === et)
      ? [304, 'Not Modified'] : [999, '304 Not Generated']
  }
  r.statusCode = st[0]; r.statusMessage = st[1]
  const now = Date.now()
  r.setHeader('Server-Base-Url', q.url)
  r.setHeader('Server-Request-Count', run.seen.length + 1)
  r.setHeader('Client-Request-Count', String(cliNum))
  r.setHeader('Server-Now', now)
  const kept = new Map()
  for (const h of cfg.response_headers || []) {
    resolve(h, now, q.url, cfg)
    const cur = r.getHeader(h[0])
    r.setHeader(h[0], cur === undefined ? h[1] : [].concat(cur, h[1]))
    if (h.length < 3 || h[2] === true) kept.set(h[0], r.getHeader(h[0]))
  }
  if (!r.hasHeader('content-type')) r.setHeader('Content-Type', 'text/plain')
  run.seen.push({ num: cliNum, method: q.method, headers: q.headers, sent: [...kept] })
  r.setHeader('Request-Numbers', run.seen.map(s => s.num).join(' '))
  if (cfg.disconnect) q.socket.destroy()
  else if (st[0] === 204 || st[0] === 304) r.end()
  else r.end(cfg.response_body || id)
})
await new Promise((resolve, reject) => { origin.once('error', reject); origin.listen(+oport, ohost, resolve) })

// ---------------------------------------------------------------- client
const mod = base.protocol === 'https:' ? https : http
const agent = new mod.Agent({ keepAlive: true, maxSockets: 256, rejectUnauthorized: false })
function send (method, target, headers, body) {
  return new Promise((resolve, reject) => {
    const hs = []
    const put = (n, v) => { const i = hs.findIndex(h => h[0].toLowerCase() === n.toLowerCase()); if (i < 0) hs.push([n, v]); else hs[i][1] += ', ' + v }
    put('Host', env.CT_HOST || base.host)
    for (const [n, v] of headers) put(n, String(v))
    const has = n => hs.some(h => h[0].toLowerCase() === n)
    if (!has('accept')) put('Accept', '*/*')
    if (!has('accept-language')) put('Accept-Language', '*')
    if (!has('user-agent')) put('User-Agent', 'node')
    if (!has('accept-encoding')) put('Accept-Encoding', 'gzip, deflate')
    if (body !== undefined) put('Content-Length', String(Buffer.byteLength(body)))
    const q = mod.request({ agent, method, path: target, host: base.hostname, port: base.port || undefined,
      servername: env.CT_HOST?.split(':')[0], setHost: false, headers: Object.fromEntries(hs), timeout: 0 })
    const interim = []
    const t = setTimeout(() => { const e = new Error('no answer in 10 s'); e.name = 'AbortError'; q.destroy(e) }, 10000)
    q.on('information', i => interim.push([i.statusCode, Object.fromEntries(Object.entries(i.headers))]))
    q.on('error', e => { clearTimeout(t); reject(e) })
    q.on('response', r => {
      const parts = []
      r.on('data', d => parts.push(d))
      r.on('error', e => { clearTimeout(t); reject(e) })
      r.on('end', () => {
        clearTimeout(t)
        const h = {}
        for (let i = 0; i < r.rawHeaders.length; i += 2) {
          const n = r.rawHeaders[i].toLowerCase(); const v = r.rawHeaders[i + 1].trim()
          h[n] = n in h ? h[n] + ', ' + v : v
        }
        let b = Buffer.concat(parts)
        try { if (b[0] === 0x1f && b[1] === 0x8b) b = zlib.gunzipSync(b) } catch {}
        resolve({ status: r.statusCode, h, text: b.toString(), interim })
      })
    })
    q.end(body)
  })
}

class Verdict extends Error { constructor (setup, msg) { super(msg); this.name = setup ? 'Setup' : 'Assertion' } }
function need (setup, ok, msg) { if (!ok) throw new Verdict(setup, msg) }
const isSetup = (c, k) => c.setup === true || (c.setup_tests || []).includes(k)

function judgeResponse (run, i, res) {
  const c = run.cli[i]; const n = i + 1; const h = res.h
  if (h['request-numbers']) {
    const a = h['request-numbers'].split(' ')
    need(true, new Set(a).size === a.length, 'retry')
  }
  const count = parseInt(h['server-request-count'])
  let su = isSetup(c, 'expected_type')
  if (c.expected_type === 'cached' && !(res.status === 304 && isNaN(count))) need(su, count < n, `response ${n} not from cache`)
  if (c.expected_type === 'not_cached') need(su, count === n, `response ${n} from cache`)
  if ('expected_status' in c) {
    if (c.expected_status !== null) need(isSetup(c, 'expected_status'), res.status === c.expected_status, `response ${n} status ${res.status}, want ${c.expected_status}`)
  } else if (c.response_status) need(true, res.status === c.response_status[0], `response ${n} status ${res.status}, want ${c.response_status[0]}`)
  else if (res.status === 999) need(su, false, `request ${n} was not conditional`)
  else need(true, res.status === 200, `response ${n} status ${res.status}, want 200`)

  su = isSetup(c, 'expected_response_headers')
  for (const e of c.expected_response_headers || []) {
    if (typeof e === 'string') { need(su, e.toLowerCase() in h, `response ${n} lacks ${e}`); continue }
    const v = h[e[0].toLowerCase()]
    if (e.length > 2) {
      need(su, v !== undefined, `response ${n} lacks ${e[0]}`)
      if (e[1] === '=') need(su, v === h[e[2].toLowerCase()], `response ${n} ${e[0]} is ${v}, want value of ${e[2]}`)
      else need(su, parseInt(v) > e[2], `response ${n} ${e[0]} is ${v}, want > ${e[2]}`)
    } else {
      const want = resolve(e, parseInt(h['server-now']), h['server-base-url'], c)[1]
      need(su, v === want, `response ${n} ${e[0]} is "${v}", want "${want}"`)
    }
  }
  su = isSetup(c, 'expected_response_headers_missing')
  for (const e of c.expected_response_headers_missing || []) {
    if (typeof e === 'string') need(su, !(e.toLowerCase() in h), `response ${n} has unwanted ${e}`)
    // pairs are not judged: the reference engine's test for them never fires
  }
  if (c.expected_interim_responses) {
    su = isSetup(c, 'expected_interim_responses')
    c.expected_interim_responses.forEach(([st, hs = []], k) => {
      need(su, res.interim[k], `interim ${k + 1} missing`)
      need(su, res.interim[k][0] === st, `interim ${k + 1} is ${res.interim[k][0]}, want ${st}`)
      for (const [name, val] of hs) need(su, name in res.interim[k][1] || name.toLowerCase() in res.interim[k][1], `interim ${k + 1} lacks ${name}`) // eslint-disable-line
    })
    need(su, res.interim.length === c.expected_interim_responses.length, `${res.interim.length} interim responses`)
  }
  if (c.check_body === false) return
  if ('expected_response_text' in c) {
    if (c.expected_response_text !== null) need(isSetup(c, 'expected_response_text'), res.text === c.expected_response_text, `response ${n} body "${res.text.slice(0, 80)}"`)
  } else if ('response_body' in c && c.response_body !== null) need(true, res.text === c.response_body, `response ${n} body "${res.text.slice(0, 80)}"`)
  else if (res.status !== 204 && res.status !== 304 && c.request_method !== 'HEAD') need(true, res.text === run.id, `response ${n} body "${res.text.slice(0, 80)}"`)
}

function judgeOrigin (run, got) {
  let k = 0
  run.cli.forEach((c, i) => {
    const n = i + 1; const su = isSetup(c, 'expected_type')
    if (c.expected_type === 'cached') return
    const s = run.seen[k]
    if (c.expected_type === 'not_cached') need(su, s && s.num === n, `response ${n} from cache (origin view)`)
    const cond = { etag_validated: 'if-none-match', lm_validated: 'if-modified-since' }[c.expected_type]
    k++
    if (cond) {
      need(su, s, `request ${n} not sent to origin`)
      need(su, cond in s.headers, `request ${n} lacks ${cond}`)
    }
    for (const e of c.expected_request_headers || []) {
      const name = (typeof e === 'string' ? e : e[0]).toLowerCase(); const z = isSetup(c, 'expected_request_headers')
      if (typeof e === 'string') need(z, name in s.headers, `origin request ${n} lacks ${e}`)
      else need(z, s.headers[name] === e[1], `origin request ${n} ${name} is "${s.headers[name]}"`)
    }
    for (const e of c.expected_request_headers_missing || []) {
      const name = (typeof e === 'string' ? e : e[0]).toLowerCase(); const z = isSetup(c, 'expected_request_headers_missing')
      if (typeof e === 'string') need(z, !(name in s.headers), `origin request ${n} has ${e}`)
      else need(z, s.headers[name] !== e[1], `origin request ${n} has ${name} "${e[1]}"`)
    }
    if (s) {
      for (const [name, val] of s.sent) {
        if (name.toLowerCase() === 'date') continue
        const want = Array.isArray(val) ? val.join(', ') : String(val)
        const v = got[i].h[name.toLowerCase()]
        need(true, v === want.trim() || v === want, `response ${n} ${name} is "${v}", want "${want}"`)
      }
    }
    if (c.expected_method) need(isSetup(c, 'expected_method'), s.method === c.expected_method, `request ${n} had method ${s?.method}`)
  })
}

async function one (t) {
  const id = randomUUID()
  const run = { id, cfg: plain(t.requests), cli: plain(t.requests), seen: [] }
  runs.set(id, run)
  const got = []
  try {
    for (let i = 0; i < run.cli.length; i++) {
      const c = run.cli[i]
      const hs = [['Pragma', 'foo'], ['Cache-Control', 'nothing-to-see-here'], ...(c.request_headers || [])]
      if (c.magic_ims) for (const h of hs) if (h[0].toLowerCase() === 'if-modified-since') resolve(h, parseInt(got[i - 1].h['server-now']), '', c)
      hs.push(['Test-Name', t.name.replace(/[^\x20-\x7e]/g, '?')], ['Test-ID', t.id], ['Req-Num', String(i + 1)])
      const target = `${base.pathname.replace(/\/$/, '')}/test/${id}` + (c.filename ? `/${c.filename}` : '') + (c.query_arg ? `?${c.query_arg}` : '')
      const res = await send(c.request_method || 'GET', target, hs, c.request_body)
      got.push(res)
      judgeResponse(run, i, res)
      if (c.pause_after) await new Promise(resolve => setTimeout(resolve, 3000))
    }
    judgeOrigin(run, got)
    return true
  } catch (e) { return [e.name, e.message] } finally { setTimeout(() => runs.delete(id), 20000).unref() }
}

const only = (env.CT_ONLY || '').split(',').filter(Boolean)
const queue = []
for (const s of suites) {
  for (const t of s.tests) {
    if (t.browser_only) continue
    if (only.length && !only.includes(t.id) && !only.includes(s.id)) continue
    queue.push(t)
  }
}
const results = {}; const t0 = Date.now(); let nextTest = 0
await Promise.all(Array.from({ length: +(env.CT_JOBS || 64) }, async () => { while (nextTest < queue.length) { const t = queue[nextTest++]; results[t.id] = await one(t) } }))

const byId = new Map(suites.flatMap(s => s.tests.map(t => [t.id, t])))
function verdict (id) {
  const t = byId.get(id); const r = results[id]
  if (r === undefined) return 'untested'
  for (const d of t.depends_on || []) if (!['pass', 'yes'].includes(verdict(d))) return 'dependency'
  if (r[0] === 'Setup') return r[1] === 'retry' ? 'retry' : 'setup'
  if (r[0] === 'AbortError') return 'harness'
  const k = t.kind || 'required'
  return k === 'check' ? (r === true ? 'yes' : 'no') : r === true ? 'pass' : k === 'required' ? 'fail' : 'suboptimal'
}
const out = {}; const kinds = {}; const perSuite = {}
for (const s of suites) {
  for (const t of s.tests) {
    if (t.browser_only || !(t.id in results)) continue
    const v = verdict(t.id); const k = t.kind || 'required'
    out[t.id] = { suite: s.id, kind: k, cdn_only: !!t.cdn_only, verdict: v, why: results[t.id] === true ? undefined : results[t.id].join(': '), name: t.name }
    ;(kinds[k] ||= {})[v] = (kinds[k][v] || 0) + 1
    ;(perSuite[s.id] ||= {})[v] = (perSuite[s.id][v] || 0) + 1
    if (env.CT_VERBOSE && !['pass', 'yes'].includes(v)) console.log(`${v.padEnd(10)} ${k.padEnd(8)} ${t.id}: ${out[t.id].why}`)
  }
}
if (env.CT_OUT) fs.writeFileSync(env.CT_OUT, JSON.stringify(out, null, 1))
for (const [s, v] of Object.entries(perSuite)) console.log(s.padEnd(18), JSON.stringify(v))
const f = (k, v) => `${kinds[k]?.[v] || 0}/${Object.values(kinds[k] || {}).reduce((a, b) => a + b, 0)}`
for (const k in kinds) console.log(k.padEnd(9), JSON.stringify(kinds[k]))
const ok = (kinds.required?.pass || 0) >= +(env.CT_MIN_REQUIRED || 0) && (kinds.optimal?.pass || 0) >= +(env.CT_MIN_OPTIMAL || 0)
console.log(`${ok ? 'PASS' : 'FAIL'} required ${f('required', 'pass')} optimal ${f('optimal', 'pass')} check-yes ${f('check', 'yes')} in ${((Date.now() - t0) / 1000).toFixed(0)} s`)
process.exit(ok ? 0 : 1)
