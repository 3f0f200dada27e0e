// SPDX-License-Identifier: Apache-2.0
// Floods over HTTP/2 (rapid reset and its neighbours), one kind after the other: what they cost the edge in processor time and memory,
// whether they are ended with ENHANCE_YOUR_CALM, and whether honest visitors are served meanwhile.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { Edge } from '../../lib/edge.mjs'
import { Origin } from '../../lib/origin.mjs'
import { session } from '../../lib/h2.mjs'
import { SLOW, sleep } from '../../lib/wait.mjs'

const HOST = 'www.flood.test'
const quick = process.env.SEAWALL_QUICK === '1'
const CONNECTIONS = quick ? 16 : 64
const FRAMES = 20000
/* Of one hostile connection that wants to send 20,000 frames, and of all of a kind together. */
const CPU_MS_MAX = 25 * SLOW
const MEMORY_MAX = 48 << 20
const HONEST_MS_MAX = 10000 * SLOW // the attacker and the honest share the machine with the edge: a stall is meant, no latency
/** Which end is expected: c for calmed (ENHANCE_YOUR_CALM, 11), h for connections that are only held. */
const KINDS = [['rapid-reset', 'c'], ['made-you-reset', 'c'], ['continuation', 'c'], ['continuation-empty', 'c'], ['data-empty', 'c'], ['settings', 'c'], ['ping', 'c'], ['priority', 'c'], ['window', 'c'], ['hpack-bomb', 'c'], ['hpack-bomb-trailers', 'c'], ['no-window', 'h']]

let passed = 0; let failed = 0
const judge = (what, ok, figures) => {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}: ${figures}`)
  if (ok) passed++; else failed++
}

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-floods-'))
const big = Buffer.alloc(2_000_000, 'seawall ')
const origin = new Origin({ '/': { headers: { 'Cache-Control': 'max-age=60' }, body: 'hello' }, '/app': 'fresh', '/big.bin': { headers: { 'Cache-Control': 'max-age=600' }, body: big } })
const edge = new Edge(dir, { https: true, zone: 'flood.test', config: { node: { workers: 1 } } })
const role = pid => { try { return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] } catch { return '' } }
const rss = pid => Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
/** Processor seconds of a process so far. */
const cpu = pid => { const f = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' '); return (Number(f[11]) + Number(f[12])) / 100 }

/** Asks on one connection for a page from the cache and one from the origin, again and again, until stop. */
async function honest (until) {
  const r = { served: 0, failed: 0, worst: 0 }
  const c = session(edge, { host: HOST })
  while (!until.over) {
    const at = Date.now()
    for (const [page, want] of [['/', 'hello'], ['/app', 'fresh']]) {
      try {
        const a = await c.get(page)
        if (a.status === 200 && a.text === want) r.served++; else r.failed++
      } catch { r.failed++ }
    }
    try { if ((await edge.get('/', { secure: {}, host: HOST })).status === 200) r.served++; else r.failed++ } catch { r.failed++ } // a new connection
    r.worst = Math.max(r.worst, Date.now() - at)
    await sleep(20)
  }
  c.close()
  return r
}

async function flood (kind, want) {
  const pid = edge.processes().find(p => role(p) === 'edge')
  const before = { cpu: cpu(pid), rss: rss(pid) }
  const state = { over: false }
  let most = before.rss
  const watch = setInterval(() => { try { most = Math.max(most, rss(pid)) } catch { /* gone */ } }, 20)
  const served = honest(state)
  const child = spawn(process.execPath, [path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), 'attacker.mjs'), String(edge.securePort), HOST, kind, String(CONNECTIONS), String(FRAMES)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', d => { out += d })
  await new Promise(resolve => child.once('close', resolve))
  state.over = true
  const h = await served
  clearInterval(watch)
  const spent = cpu(pid) - before.cpu
  const { ends, sent } = JSON.parse(out || '{"ends":{},"sent":0}')
  const calmed = ends['goaway 11'] || 0
  const closed = ends.closed || 0 // ended before the frame that says why was read: the flood was still being written
  const ended = want === 'h' ? (ends.held || 0) === CONNECTIONS : calmed > 0 && calmed + closed === CONNECTIONS
  judge(`${kind}: how it ends`, ended, `${CONNECTIONS} connections: ${Object.entries(ends).map(([k, n]) => `${n} ${k}`).join(', ')}; ${(sent / 1048576).toFixed(1)} MiB got rid of`)
  judge(`${kind}: processor`, spent * 1000 / CONNECTIONS <= CPU_MS_MAX, `${spent.toFixed(2)} s of the edge with the honest visitors, ${(spent * 1000 / CONNECTIONS).toFixed(1)} ms a connection, at most ${CPU_MS_MAX} are asked`)
  judge(`${kind}: memory`, most - before.rss <= MEMORY_MAX * (SLOW > 1 ? 4 : 1), `${((most - before.rss) / 1048576).toFixed(1)} MiB more at the most`)
  judge(`${kind}: honest visitors`, h.failed === 0 && h.served > 0 && h.worst <= HONEST_MS_MAX, `${h.served} answers, ${h.failed} failures, the slowest three in ${h.worst} ms`)
}

try {
  await origin.start()
  edge.options.hosts = { [HOST]: origin }
  await edge.start()
  await edge.secured(HOST)
  for (let i = 0; i < 20; i++) for (const p of ['/', '/app', '/big.bin']) await edge.get(p, { secure: {}, host: HOST }) // what is allocated once
  for (const [kind, want] of KINDS) await flood(kind, want)
} catch (e) {
  failed++
  console.log(`FAIL ${e.stack}\n${edge.output.slice(-2000)}`)
} finally {
  await edge.stop().catch(e => { failed++; console.log(`FAIL ${e.message}`) })
  await origin.stop().catch(() => {}) // requests that were reset are cut on their way
  fs.rmSync(dir, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
