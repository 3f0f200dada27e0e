// SPDX-License-Identifier: Apache-2.0
// A worker whose places are all taken: whoever does nothing with his makes room for those who ask; whoever is being answered stays.
import net from 'node:net'
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { session } from '../lib/h2.mjs'

const PLACES = 40

const counter = async (edge, name) => Number(new RegExp(`name="${name}"} (\\d+)`).exec(await (await fetch(`http://${edge.api.host}/metrics`, { headers: { Authorization: `Bearer ${edge.api.token}` } })).text())?.[1] ?? 0)

/** Connections that say `hello` and nothing more; how many the edge has ended. */
async function silent (s, port, n, hello = '') {
  let ended = 0
  for (let i = 0; i < n; i++) {
    const c = net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.7' })
    s.undo.push(() => c.destroy())
    c.on('error', () => {})
    c.resume()
    c.on('close', () => ended++)
    await new Promise(resolve => c.once('connect', resolve))
    if (hello) c.write(hello)
  }
  return () => waitFor(() => ended >= n - PLACES, { within: 15000, what: `the end of ${n - PLACES} of ${n} connections; ${ended} so far` })
}

const town = async (s, options = {}) => edgeWithApi(s, { hosts: { 'www.test': options.origin ?? await s.origin({ '/': 'page' }) }, https: true, config: { node: { workers: 1 }, limits: { conns_max: PLACES, ...options.limits } } })

for (const [what, hello] of [['say nothing', ''], ['begin a head', 'GET / HTTP/1.1\r\nHost: www'], ['have been answered', 'GET /a.css HTTP/1.1\r\nHost: www.test\r\n\r\n']]) {
  scene(`connections that ${what} push each other out; visitors are served, those in the middle of an answer too`, async s => {
    let release
    const origin = await s.origin({ '/': 'page', '/a.css': { headers: { 'Cache-Control': 'max-age=60' }, body: 'page' }, '/slow': async (q, reply) => { await new Promise(resolve => { release = resolve }); reply.send(200, {}, 'slow page') } })
    const edge = await town(s, { origin })
    eq((await edge.get('/a.css', { host: 'www.test' })).text, 'page') // from now on out of the cache
    const busy = await s.client(edge, { host: 'www.test' })
    await busy.ask('GET', '/slow')
    await waitFor(() => release, { within: 15000, what: 'the request at the origin' })
    const ended = await silent(s, edge.port, 3 * PLACES, hello)
    for (let i = 0; i < 5; i++) eq((await edge.get('/', { host: 'www.test', from: '127.0.0.8' })).text, 'page')
    await ended()
    release()
    eq((await busy.response()).text, 'slow page')
    await waitFor(async () => await counter(edge, 'conns_pushed_out') >= 2 * PLACES, { within: 15000, every: 100, what: 'the count' })
    eq(await counter(edge, 'conns_refused'), 0)
  })
}

scene('when everybody is busy the next one is closed at once, and counted', async s => {
  const waiting = []
  const origin = await s.origin({ '/': 'page', '/slow': async (q, reply) => { await new Promise(resolve => waiting.push(resolve)); reply.send(200, {}, 'slow page') } })
  const edge = await town(s, { origin })
  const busy = []
  for (let i = 0; i < PLACES; i++) { const c = await s.client(edge, { host: 'www.test' }); await c.ask('GET', '/slow'); busy.push(c) }
  await waitFor(() => waiting.length === PLACES, { within: 20000, what: 'all at the origin' })
  ok(await edge.get('/', { host: 'www.test' }).then(r => r.status, e => 'closed') === 'closed')
  for (const go of waiting) go()
  for (const c of busy) eq((await c.response()).text, 'slow page')
  eq((await edge.get('/', { host: 'www.test' })).text, 'page')
  await waitFor(async () => await counter(edge, 'conns_refused') >= 1, { within: 15000, every: 100, what: 'the count' })
})

scene('handshakes that do not go on make room for those that do, HTTP/2 connections without a request too', async s => {
  const edge = await town(s, { limits: { tls_handshakes_max: 16 } })
  await edge.secured()
  const ended = await silent(s, edge.securePort, 3 * PLACES, '\x16\x03\x01\x02')
  const quiet = []
  for (let i = 0; i < 4; i++) {
    const c = session(edge, { host: 'www.test' })
    s.undo.push(() => c.close())
    eq((await c.get('/')).text, 'page')
    quiet.push(c)
  }
  await ended()
  const more = await silent(s, edge.port, 3 * PLACES)
  eq((await edge.get('/', { host: 'www.test' })).text, 'page')
  await more()
})
