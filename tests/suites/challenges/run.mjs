// SPDX-License-Identifier: Apache-2.0
// Challenges as real clients meet them: a browser passes by itself, curl with a cookie jar gets through the first rung,
// who has no scripts gets through by waiting, and a clearance is worth nothing from another address.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { Edge } from '../../lib/edge.mjs'
import { Origin } from '../../lib/origin.mjs'
import { sleep, waitFor } from '../../lib/wait.mjs'

const HOST = 'www.test'
let passed = 0; let failed = 0; let skipped = 0
const judge = (what, ok, figures) => {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}: ${figures}`)
  if (ok) passed++; else failed++
}
const has = name => { try { execFileSync('sh', ['-c', `command -v ${name}`]); return true } catch { return false } }
const run = (program, args, env = {}) => new Promise(resolve => {
  execFile(program, args, { timeout: 120000, maxBuffer: 1 << 26, env: { ...process.env, ...env } }, (error, stdout, stderr) => resolve({ code: error ? error.code ?? error.signal : 0, stdout, stderr }))
})

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-challenges-'))
fs.chmodSync(dir, 0o755) // the processes run as another user
const origin = new Origin((q, reply) => reply.send(200, { 'Content-Type': 'text/html' }, `<!doctype html><p id=said>inside ${q.target}</p>`))
const rule = (action, path) => ({ id: action, action, expression: `starts_with(http.request.uri.path, "${path}")` })
let edge = null

/** Chromium opens the page and is left alone; what it then asks for stands in the log. */
async function chromium () {
  if (!has('chromium')) { skipped++; console.log('SKIP Chromium: is not installed'); return }
  for (const page of ['/prove/page?x=1', '/cookie/page']) {
    const browser = spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run', `--user-data-dir=${path.join(dir, 'chromium')}`,
      '--remote-debugging-port=0', `--host-resolver-rules=MAP ${HOST} 127.0.0.1`, `http://${HOST}:${edge.port}${page}`], { env: { ...process.env, HOME: dir }, stdio: 'ignore', detached: true })
    const began = Date.now()
    const seen = () => edge.log().filter(l => l.path.split('?')[0] === page.split('?')[0])
    await waitFor(() => seen().some(l => l.status === 200), { within: 60000, what: 'Chromium to be let in' }).catch(() => {})
    process.kill(-browser.pid, 'SIGKILL')
    judge(`Chromium passes ${page} by itself`, seen().some(l => l.status === 200) && seen()[0].status !== 200, `${seen().map(l => l.status).join(', ')} in ${Date.now() - began} ms`)
  }
}

const curl = (...args) => run('curl', ['-sS', '--max-time', '30', '--resolve', `${HOST}:${edge.port}:127.0.0.1`, ...args])

async function withoutScripts () {
  const jar = path.join(dir, 'jar'); const url = `http://${HOST}:${edge.port}`
  let r = await curl('-L', '-b', jar, '-c', jar, `${url}/cookie/a`)
  judge('curl with a cookie jar gets through the first rung', r.stdout.includes('inside /cookie/a'), r.stdout.slice(0, 80) || r.stderr)
  r = await curl('-o', '/dev/null', '-w', '%{http_code}', '-b', jar, `${url}/cookie/a`)
  judge('and stays inside', r.stdout === '200', r.stdout)
  r = await curl('-o', '/dev/null', '-w', '%{http_code}', '-b', jar, '--interface', '127.0.0.9', `${url}/cookie/a`)
  judge('the same cookie from another address does not', r.stdout === '302', r.stdout)
  r = await curl('-o', '/dev/null', '-w', '%{http_code}', '-b', jar, '-A', 'another program', `${url}/cookie/a`)
  judge('nor from another program', r.stdout === '302', r.stdout)
  // the page of the second rung: its form, sent off as a browser without scripts does, too early and then not
  r = await curl('-b', jar, '-c', jar, `${url}/prove/b`)
  const field = name => r.stdout.match(new RegExp(`name="${name}" value="([^"]*)"`))[1]
  const form = ['-G', '--data-urlencode', `p=${field('p')}`, '--data-urlencode', 'a=', '--data-urlencode', `u=${field('u')}`, `${url}/cdn-cgi/challenge-platform/verify`]
  const early = await curl('-o', '/dev/null', '-w', '%{http_code}', '-b', jar, '-c', jar, ...form)
  judge('a form that comes at once is asked to wait', early.stdout === '403', early.stdout)
  await sleep(8500)
  const late = await curl('-L', '-b', jar, '-c', jar, ...form)
  judge('after eight seconds it is let in', late.stdout.includes('inside /prove/b'), late.stdout.slice(0, 80))
}

try {
  await origin.start()
  const folder = path.join(dir, 'edge')
  fs.mkdirSync(folder)
  edge = new Edge(folder, { hosts: { [HOST]: origin }, more: { rulesets: { http_request_firewall_custom: [rule('js_challenge', '/prove'), rule('managed_challenge', '/cookie')] } } })
  await edge.prepare()
  await edge.start()
  await chromium()
  await withoutScripts()
} catch (e) {
  failed++
  console.log(`FAIL ${e.stack}`)
} finally {
  await edge?.stop().catch(e => { failed++; console.log(`FAIL ${e.message}`) })
  await origin.stop().catch(() => {})
  fs.rmSync(dir, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
