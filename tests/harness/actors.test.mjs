// SPDX-License-Identifier: Apache-2.0
// Client and origin face to face, without an edge between them.
import { scene, eq, ok, assert, waitFor, sleep } from '../lib/scene.mjs'

scene('an origin answers from a table of pages and remembers', async s => {
  const app = await s.origin({ '/': 'hello', '/x': { status: 403, headers: { 'X-A': ['1', '2'] }, body: 'no' } })
  const c = await s.client(app)
  eq((await c.get('/')).text, 'hello')
  const r = await c.get('/x?q')
  eq([r.status, r.all('x-a'), r.text], [403, ['1', '2'], 'no'])
  eq((await c.get('/nothing')).status, 404)
  eq([app.count(), app.count('/x'), app.connections, app.last.target], [3, 1, 1, '/nothing'])
})

scene('answers to pipelined requests come in order', async s => {
  const app = await s.origin((q, reply) => reply.send(200, {}, q.path))
  const c = await s.client(app)
  await Promise.all([c.ask('GET', '/1'), c.ask('HEAD', '/2'), c.ask('GET', '/3')])
  eq([(await c.response()).text, (await c.response()).text, (await c.response()).text], ['/1', '', '/3'])
})

scene('chunks and trailers in both directions', async s => {
  const app = await s.origin(async (q, reply) => {
    await reply.interim(103, { Link: '</s.css>' })
    await reply.head(200, { Trailer: 'Sum' })
    for (const n of q.chunks) await reply.chunk(`${n};`)
    await reply.end({ Sum: q.trailers.get('sum') })
  })
  const c = await s.client(app)
  const r = await c.request('POST', '/', { body: ['abc', 'de'], chunked: true, trailers: { Sum: 5 } })
  eq([r.text, r.trailers.get('sum'), r.interim.length], ['3;2;', '5', 1])
})

scene('origins can close early, reset, hang and be slow', async s => {
  const app = await s.origin({
    '/early': async (q, reply) => { await reply.raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'); reply.close() },
    '/reset': (q, reply) => reply.reset(),
    '/hang': (q, reply) => reply.hang(),
    '/slow': (q, reply) => reply.slow('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow', { step: 3, every: 1 })
  })
  await assert.rejects((await s.client(app)).get('/early'), /ended in the body/)
  const broken = await s.client(app)
  await broken.ask('GET', '/reset')
  eq(await broken.closed(), 'reset')
  await assert.rejects((await s.client(app)).get('/hang', { within: 100 }), /nothing after/)
  eq((await (await s.client(app)).get('/slow')).text, 'slow')
})

scene('a request body that the script reads itself', async s => {
  const app = await s.origin(async (q, reply) => {
    await reply.interim(100)
    await q.read()
    await reply.send(200, {}, q.body)
  }, { lazy: true })
  const c = await s.client(app)
  await c.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n')
  await sleep(20)
  await c.send('ok')
  const r = await c.response({ method: 'POST' })
  eq([r.text, r.interim[0].status], ['ok', 100])
})

scene('a taken-over connection is a tunnel', async s => {
  const app = await s.origin(async (q, reply) => {
    await reply.raw('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    const wire = reply.takeOver()
    await wire.send(`you said ${await wire.line('a line')}\r\n`)
    wire.socket.end()
  })
  const c = await s.client(app)
  const r = await c.get('/', { headers: { Connection: 'Upgrade', Upgrade: 'echo' } })
  await c.send('hi\r\n')
  eq([r.status, await c.closed()], [101, 'you said hi\r\n'])
})

scene('an origin that stops refuses, and comes back on its port', async s => {
  const app = await s.origin({ '/': 'x' })
  const c = await s.client(app)
  await c.get('/')
  await app.stop()
  await c.closed()
  await assert.rejects(s.client(app), /ECONNREFUSED/)
  await app.start()
  eq((await (await s.client(app)).get('/')).text, 'x')
})

scene('a client that stops reading is felt by the writer', async s => {
  let wrote = 0
  const app = await s.origin(async (q, reply) => {
    await reply.head()
    for (let i = 0; i < 400 && !reply.wire.closed; i++) { await reply.chunk(Buffer.alloc(65536)); wrote++ }
    await reply.end()
  })
  const c = await s.client(app)
  await c.ask('GET', '/')
  c.pause()
  await sleep(200)
  const before = wrote
  ok(before < 400, 'the writer waits')
  c.resume()
  eq((await c.response()).body.length, 400 * 65536)
})

scene('a malformed request is an error of the scene', async s => {
  const app = await s.origin({ '/': 'x' })
  const c = await s.client(app)
  await c.send('GET / HTTP/1.1\nHost: a\r\n\r\n')
  await waitFor(() => app.errors.length, { what: 'the origin to complain' })
  eq(app.errors.splice(0).length, 1)
})

scene('a client from another loopback address', async s => {
  let seen
  const app = await s.origin((q, reply) => { seen = q.wire.socket.remoteAddress; return reply.send(200, {}, 'x') })
  await (await s.client(app, { from: '127.0.0.9' })).get('/')
  eq(seen, '127.0.0.9')
})
