// SPDX-License-Identifier: Apache-2.0
// Everything at once, at random: visitors who leave, pipeline, trickle and reset; origins that answer, cut, hang, lie.
// The edge must stay the same process, answer afterwards, and end cleanly (under sanitizers: without a finding).
import { scene, eq, ok, sleep, QUICK, SLOW } from '../lib/scene.mjs'
import fs from 'node:fs'

const seed = Number(process.env.SEAWALL_SEED || Date.now() % 1e9)
let state = seed
const rnd = n => { state = (state * 1103515245 + 12345) % 2147483648; return Math.floor(state / 2147483648 * n) }
const pick = list => list[rnd(list.length)]
const body = Buffer.alloc(300000, '0123456789')

const origin = async (q, reply) => {
  const kind = q.path.split('/')[1]
  const cache = { 'Cache-Control': pick(['max-age=1', 'max-age=60', 'no-store', 'max-age=0, stale-while-revalidate=5', 'no-cache']), ETag: '"e"', Vary: pick(['Accept-Language', 'Accept']) }
  if (q.get('if-none-match') && rnd(2)) return reply.send(304, cache)
  switch (kind) {
    case 'length': return reply.send(200, cache, body.subarray(0, 1 + rnd(body.length)))
    case 'chunks': {
      await reply.head(200, cache)
      for (let i = rnd(6); i >= 0; i--) { await reply.chunk(body.subarray(0, 1 + rnd(60000))); if (rnd(3) === 0) await sleep(rnd(20)) }
      return reply.end(rnd(2) ? { 'X-T': '1' } : {})
    }
    case 'cut': await reply.raw('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100000\r\n\r\n'); await reply.raw(body.subarray(0, rnd(90000))); return rnd(2) ? reply.reset() : reply.close()
    case 'bad': await reply.raw(pick(['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'HTTP/1.1 2x0\r\n\r\n', '\0\0\0', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'])); return reply.close()
    case 'slow': await sleep(rnd(100)); return reply.send(200, cache, 'slow')
    case 'early': await reply.interim(103, { Link: '</a>' }); return reply.send(200, {}, 'x')
    case 'reset': return reply.reset()
    default: return reply.send(pick([200, 404, 500, 503]), cache, 'x')
  }
}

const target = () => `/${pick(['length', 'length', 'chunks', 'chunks', 'cut', 'bad', 'slow', 'early', 'reset', 'other'])}/${rnd(8)}${pick(['.css', '.css', '.bin', '', '.html'])}`

async function visit (edge) {
  const c = await edge.connect()
  try {
    for (let n = rnd(5); n >= 0; n--) {
      const headers = {}
      if (rnd(4) === 0) headers.Range = pick(['bytes=0-10', 'bytes=5-', 'bytes=-3', 'bytes=0-1,4-5', 'bytes=9999999-'])
      if (rnd(4) === 0) headers['If-None-Match'] = '"e"'
      if (rnd(3) === 0) headers['Accept-Language'] = pick(['de', 'fr', 'en'])
      const method = pick(['GET', 'GET', 'GET', 'HEAD', 'POST', 'DELETE'])
      const more = method === 'POST' ? (rnd(2) ? { body: body.subarray(0, rnd(200000)) } : { chunked: true, body: [body.subarray(0, 1 + rnd(9000)), 'z'] }) : {}
      const asked = c.ask(method, target(), { headers, ...more }).catch(() => {})
      const what = rnd(10)
      if (what === 0) { await sleep(rnd(30)); return c.reset() }
      if (what === 1) { c.pause(); await sleep(rnd(50)); return c.close() }
      if (what === 2) { await c.send(`GET ${target()} HTTP/1.1\r\nHost: www.test\r\n\r\nGET ${target()} HTTP/1.1\r\nHost: www.te`); await sleep(rnd(20)); return c.reset() }
      if (what === 3) { await asked; await c.send('\0garbage\r\n\r\n'); await sleep(rnd(20)); return }
      await asked
      const r = await c.response({ within: 8000 * SLOW })
      if (/close/i.test(r.get('connection') || '')) return
    }
  } catch { /* cut answers and resets are what this is about */ } finally { c.close() }
}

scene(`chaos, seed ${seed}`, async s => {
  const app = await s.origin(origin)
  app.errors.push = () => 0 // uploads that break off are expected
  const edge = await s.edge({ hosts: { 'www.test': [app, '127.0.0.1:9'] }, config: { node: { workers: 2 }, limits: { cache_bytes_max: '2M', cache_object_bytes_max: '1M', origin_conns_max: 8 } } })
  const pids = edge.processes()
  const end = Date.now() + (QUICK ? 4000 : 20000)
  let visits = 0
  await Promise.all(Array.from({ length: 40 }, async () => { while (Date.now() < end) { await visit(edge).catch(() => {}); visits++ } }))
  ok(visits > 100, `${visits} visits`)
  eq(edge.processes(), pids, `an edge ended; seed ${seed}\n${edge.output}`)
  eq((await edge.get('/cdn-cgi/trace')).status, 200)
  const fds = edge.processes().map(pid => fs.readdirSync(`/proc/${pid}/fd`).length)
  ok(Math.max(...fds) < 200, `descriptors: ${fds}`)
}, { timeout: 90000 * SLOW })
