// SPDX-License-Identifier: Apache-2.0
// Bounds under load, with figures: idle connections, a reader slower than its origin, and wrk while processes are killed.
// Loads are bounded in count and time; memory is compared with what docs and limits promise, speed with nothing.
import fs from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import os from 'node:os'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { Edge, PROGRAM } from '../../lib/edge.mjs'
import { freePort, sleep, waitFor } from '../../lib/wait.mjs'

const IDLE_BYTES_MAX = 2048 // user memory of one idle keep-alive connection
const IDLE_TLS_BYTES_MAX = 18432 // and of one over TLS 1.3: most of it is OpenSSL's; the goal is 16 KiB
const SLOW_BYTES_MAX = 4 << 20 // one slow reader: queue, socket-side slack, rounding
const quick = process.env.SEAWALL_QUICK === '1'
let passed = 0; let failed = 0
const judge = (what, ok, figures) => {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}: ${figures}`)
  if (ok) passed++; else failed++
}

const role = pid => { try { return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] } catch { return '' } }
const of = (edge, what) => edge.processes().find(pid => role(pid) === what)
const rss = pid => Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
const hardFiles = () => Number(/Max open files\s+\d+\s+(\d+)/.exec(fs.readFileSync('/proc/self/limits', 'utf8'))[1])

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-load-'))
const appPort = await freePort()
const app = spawn(PROGRAM, ['sample-app', '--listen', `127.0.0.1:${appPort}`, '--name', 'load'], { stdio: 'ignore' })
const edge = new Edge(dir, { hosts: { 'www.test': `127.0.0.1:${appPort}` }, config: { log: { access: undefined } }, trouble: true })

async function idle () {
  const n = Math.min(10000, Math.floor(hardFiles() * 0.9) - 200)
  const pid = of(edge, 'edge')
  for (let i = 0; i < 50; i++) await edge.get('/static/style.css') // warm what is allocated once
  const before = rss(pid)
  const sockets = []
  const open = () => new Promise((resolve, reject) => {
    const s = net.connect(edge.port, '127.0.0.1', () => s.write('GET /static/style.css HTTP/1.1\r\nHost: www.test\r\n\r\n'))
    s.once('data', () => resolve())
    s.once('error', reject)
    s.on('data', () => {})
    sockets.push(s)
  })
  for (let i = 0; i < n; i += 200) await Promise.all(Array.from({ length: Math.min(200, n - i) }, open))
  await sleep(300)
  const each = (rss(pid) - before) / n
  judge(`${n} idle keep-alive connections`, each <= IDLE_BYTES_MAX && sockets.every(s => !s.destroyed),
    `${Math.round(each)} bytes of memory each, at most ${IDLE_BYTES_MAX} are asked; edge as a whole ${(rss(pid) / 1048576).toFixed(1)} MiB`)
  const other = await edge.get('/api/time')
  judge('another visitor meanwhile', other.status === 200, `status ${other.status}`)
  for (const s of sockets) s.destroy()
}

/** With an edge of its own: memory that other connections have given back would flatter the figure. */
async function idleTls () {
  const n = quick ? 1000 : 4000
  const own = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-load-tls-'))
  const edge = new Edge(own, { https: true, hosts: { 'www.test': `127.0.0.1:${appPort}` }, config: { log: { access: undefined } } })
  await edge.start()
  await edge.secured('www.test')
  const pid = of(edge, 'edge')
  const sockets = []
  const open = () => new Promise((resolve, reject) => {
    const s = tls.connect({ host: '127.0.0.1', port: edge.securePort, servername: 'www.test', ca: edge.authority(), session: undefined }, () => s.write('GET /static/style.css HTTP/1.1\r\nHost: www.test\r\n\r\n'))
    s.once('data', () => resolve())
    s.once('error', reject)
    s.on('data', () => {})
    sockets.push(s)
  })
  const many = async count => { for (let i = 0; i < count; i += 8) await Promise.all(Array.from({ length: Math.min(8, count - i) }, open)) }
  await many(200) // warm what is allocated once
  const before = rss(pid)
  await many(n)
  await sleep(300)
  const each = (rss(pid) - before) / n
  judge(`${n} idle connections over TLS`, each <= IDLE_TLS_BYTES_MAX && sockets.every(s => !s.destroyed),
    `${Math.round(each)} bytes of memory each, at most ${IDLE_TLS_BYTES_MAX} are asked`)
  for (const s of sockets) s.destroy()
  await edge.stop()
  fs.rmSync(own, { recursive: true, force: true })
}

async function slowReader () {
  const pid = of(edge, 'edge')
  const before = rss(pid)
  const size = 1 << 30
  const c = await edge.connect()
  await c.ask('GET', `/download?bytes=${size}`)
  await c.response({ head: true })
  c.pause()
  let most = 0
  for (let i = 0; i < 20; i++) { await sleep(100); most = Math.max(most, rss(pid) - before) }
  judge('a reader of 1 GiB who has stopped', most <= SLOW_BYTES_MAX, `${(most / 1048576).toFixed(2)} MiB more, at most ${SLOW_BYTES_MAX >> 20} are asked`)
  if (!quick) {
    let got = c.wire.parts.length
    c.socket.removeAllListeners('data')
    await new Promise(resolve => {
      c.socket.on('data', d => { got += d.length; if (got >= size) resolve() })
      c.socket.on('close', resolve)
      c.resume()
    })
    judge('the same reader, reading on', got === size, `${got} of ${size} bytes`)
    judge('memory after it', rss(pid) - before <= SLOW_BYTES_MAX, `${((rss(pid) - before) / 1048576).toFixed(2)} MiB more`)
  }
  c.close()
}

function wrk (seconds) {
  const w = spawn('wrk', ['-t1', '-c32', `-d${seconds}s`, '--timeout', '2s', '-H', 'Host: www.test', `http://127.0.0.1:${edge.port}/static/style.css`])
  let out = ''
  w.stdout.on('data', d => { out += d })
  return new Promise(resolve => w.once('close', () => {
    const e = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(out)
    resolve({ requests: Number(/(\d+) requests in/.exec(out)?.[1] || 0), failed: e ? e.slice(1).reduce((a, b) => a + Number(b), 0) : 0, bad: Number(/Non-2xx or 3xx responses: (\d+)/.exec(out)?.[1] || 0), refused: e ? Number(e[1]) : 0 })
  }))
}

async function kills () {
  const seconds = quick ? 2 : 4
  for (const what of ['edge', 'control']) {
    const before = await wrk(quick ? 1 : 2)
    const run = wrk(seconds)
    await sleep(seconds * 500)
    process.kill(of(edge, what), 'SIGKILL')
    const during = await run
    await waitFor(() => of(edge, what), { what: `a new ${what}` })
    const after = await wrk(quick ? 1 : 2)
    const say = r => `${r.requests} requests, ${r.failed} broken connections (${r.refused} refused), ${r.bad} bad answers`
    console.log(`     kill -9 ${what}, wrk with 32 connections\n       before: ${say(before)}\n       during: ${say(during)}\n       after:  ${say(after)}`)
    const lost = what === 'edge' ? 32 : 0 // one request in flight for each connection at most, and no connect refused
    judge(`kill -9 ${what} under load`, during.failed <= lost && during.refused === 0 && before.failed + after.failed + before.bad + during.bad + after.bad === 0 && after.requests > 0,
      `${during.failed} of ${during.requests} requests failed, at most ${lost} are accepted`)
  }
}

try {
  await edge.start()
  await idle()
  await idleTls()
  await slowReader()
  await kills()
} catch (e) {
  failed++
  console.log(`FAIL ${e.stack}\n${edge.output.slice(-2000)}`)
} finally {
  await edge.stop().catch(e => { failed++; console.log(`FAIL ${e.message}`) })
  app.kill('SIGTERM')
  fs.rmSync(dir, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
