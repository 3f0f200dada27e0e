// SPDX-License-Identifier: Apache-2.0
// The edge and its origins: reuse, balancing, fail-over, retries, timeouts, broken answers, back-pressure.
import { scene, eq, ok, sleep, waitFor } from '../lib/scene.mjs'

scene('connections to an origin are used again', async s => {
  const app = await s.origin((q, reply) => reply.send(200, {}, 'x'))
  const edge = await s.edge({ hosts: { 'www.test': app }, config: { node: { workers: 1 } } })
  for (let i = 0; i < 10; i++) eq((await edge.get(`/${i}`)).status, 200)
  eq(app.connections, 1)
})

scene('two origins share the requests, and one that is down is passed over', async s => {
  const one = await s.origin((q, reply) => reply.send(200, {}, 'one'))
  const two = await s.origin((q, reply) => reply.send(200, {}, 'two'))
  const edge = await s.edge({ hosts: { 'www.test': [one, two] }, config: { node: { workers: 1 } } })
  const seen = []
  for (let i = 0; i < 6; i++) seen.push((await edge.get(`/${i}`)).text)
  eq([seen.filter(x => x === 'one').length, seen.filter(x => x === 'two').length], [3, 3])
  await two.stop()
  for (let i = 0; i < 6; i++) eq((await edge.get(`/${i}`)).text, 'one')
})

scene('a kept connection that died is replaced for safe requests, not for others', async s => {
  let kill = false
  const app = await s.origin(async (q, reply) => {
    if (kill) { kill = false; return reply.reset() }
    await reply.send(200, {}, 'ok')
  })
  const edge = await s.edge({ hosts: { 'www.test': app }, config: { node: { workers: 1 } } })
  eq((await edge.get('/')).status, 200)
  kill = true
  eq((await edge.get('/again')).status, 200)
  eq(app.connections, 2)
  kill = true
  const r = await edge.request('POST', '/', { body: 'pay' })
  eq(r.status, 520)
})

const broken = {
  'nothing at all': [async (q, reply) => reply.close(), 520],
  'a reset': [async (q, reply) => reply.reset(), 520],
  'not HTTP': [async (q, reply) => { await reply.raw('SSH-2.0-x\r\n'); reply.close() }, 520],
  'both lengths': [async (q, reply) => { await reply.raw('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'); reply.close() }, 520],
  'a bare LF': [async (q, reply) => { await reply.raw('HTTP/1.1 200 OK\nContent-Length: 0\n\n'); reply.close() }, 520],
  'a head without end': [async (q, reply) => { await reply.raw('HTTP/1.1 200 OK\r\nX: ' + 'a'.repeat(200000)); reply.close() }, 520],
  'a switch nobody asked for': [async (q, reply) => { await reply.raw('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'); reply.close() }, 520]
}
scene('broken answers become 520 with the reason in the log', async s => {
  const table = Object.fromEntries(Object.entries(broken).map(([n, [f]], i) => [`/${i}`, f]))
  const app = await s.origin(table)
  const edge = await s.edge({ hosts: { 'www.test': app } })
  for (const [i, name] of Object.keys(broken).entries()) {
    const r = await edge.get(`/${i}`)
    eq([name, r.status], [name, 520])
    const line = await edge.logged({ ray: r.get('cf-ray') })
    ok(line.error && line.detail, `${name}: ${JSON.stringify(line)}`)
  }
  eq((await edge.get('/9')).status, 404)
})

scene('timeouts: connect, first byte, between reads', async s => {
  const app = await s.origin({
    '/hang': (q, reply) => reply.hang(),
    '/half': async (q, reply) => { await reply.raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'); return reply.hang() },
    '/fine': 'fine'
  })
  const edge = await s.edge({ plan: [{ kind: 'zone', name: 'test', hosts: [{ name: 'www.test', origins: [app.address], timeouts: { first_byte_ms: 300, read_ms: 300 } }] }] })
  const t0 = Date.now()
  eq((await edge.get('/hang')).status, 524)
  ok(Date.now() - t0 < 5000)
  const c = await s.client(edge, { host: 'www.test' })
  await c.ask('GET', '/half')
  const got = await c.closed()
  ok(got.endsWith('half'), 'cut visibly')
  eq((await edge.get('/fine')).text, 'fine')
})

scene('an answer cut short is seen as cut', async s => {
  const app = await s.origin({
    '/length': async (q, reply) => { await reply.raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'); reply.close() },
    '/chunks': async (q, reply) => { await reply.head(200); await reply.chunk('half'); reply.close() },
    '/a.css': async (q, reply) => { await reply.raw('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nhalf'); reply.close() }
  })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  for (const path of ['/length', '/chunks', '/a.css', '/a.css']) {
    const c = await s.client(edge, { host: 'www.test' })
    await c.ask('GET', path)
    let failed = false
    try { await c.response() } catch { failed = true }
    ok(failed, path)
  }
  eq(app.count('/a.css'), 2, 'half an object is never served again')
})

scene('a visitor who reads slowly holds the origin back, not the memory', async s => {
  let sent = 0
  const app = await s.origin(async (q, reply) => {
    await reply.raw('HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n')
    const piece = Buffer.alloc(100000, 'x')
    for (let i = 0; i < 2000; i++) {
      if (!reply.wire.socket.write(piece)) await new Promise(resolve => { reply.wire.socket.once('drain', resolve); reply.wire.socket.once('close', resolve) })
      if (reply.wire.socket.destroyed) return
      sent += piece.length
    }
  })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const c = await s.client(edge, { host: 'www.test' })
  await c.ask('GET', '/big')
  await c.response({ head: true })
  c.pause()
  await waitFor(() => sent > 0, { what: 'the first bytes' })
  await sleep(500)
  const before = sent
  await sleep(500)
  eq(sent, before, 'the origin is not read any further')
  ok(sent < 60_000_000, `${sent} bytes on the way`)
  c.close()
})

scene('a visitor who leaves ends the origin\'s work', async s => {
  let gone = false
  const app = await s.origin((q, reply) => reply.hang().then(() => { gone = true }))
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const c = await s.client(edge, { host: 'www.test' })
  await c.ask('GET', '/wait')
  await waitFor(() => app.count() === 1)
  c.reset()
  await waitFor(() => gone, { what: 'the origin to be let go' })
})

scene('the token of an order is answered before anything else, others go to the origin', async s => {
  const app = await s.origin((q, reply) => reply.send(200, {}, `origin ${q.path}`))
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const ask = async (path, host = 'www.test', method = 'GET') => (await edge.request(method, path, { host })).text
  const path = '/.well-known/acme-challenge/'
  eq(await ask(path + 'tok-1'), `origin ${path}tok-1`)
  const item = edge.plan({ kind: 'challenge', name: 'tok-1', host: 'www.test', answer: 'tok-1.thumb' })
  await waitFor(async () => await ask(path + 'tok-1') === 'tok-1.thumb', { what: 'the token to be live' })
  eq(await ask(path + 'tok-1?x=1'), 'tok-1.thumb')
  eq(await ask(path + 'tok-2'), `origin ${path}tok-2`)
  eq(await ask(path + 'tok-1', 'www.test', 'POST'), `origin ${path}tok-1`)
  ok(!(await ask(path + 'tok-1', 'other.test')).includes('thumb'), 'another host does not answer it')
  edge.unplan(item)
  await waitFor(async () => await ask(path + 'tok-1') === `origin ${path}tok-1`, { what: 'the token to be gone' })
})
