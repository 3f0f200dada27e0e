// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 between a visitor and the edge: strict heads, keep-alive, pipelining, bodies, interim answers, timeouts.
import { scene, eq, ok, sleep, waitFor, Malformed } from '../lib/scene.mjs'

const echo = async (q, reply) => reply.send(200, { 'Content-Type': 'text/plain' }, `${q.method} ${q.target} ${q.body.length}`)

scene('a page goes through, with the edge\'s fields and without the origin\'s', async s => {
  const app = await s.origin({ '/': { headers: { Server: 'secret/1.0', 'X-A': '1', 'Content-Type': 'text/html' }, body: 'hello' } })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const r = await edge.get('/')
  eq([r.status, r.text, r.get('server'), r.get('x-a')], [200, 'hello', 'seawall', '1'])
  eq(r.get('cf-cache-status'), 'DYNAMIC')
  ok(/^[0-9a-f]{16}-[A-Z]{3}$/.test(r.get('cf-ray')), r.get('cf-ray'))
  ok(r.get('date'))
  eq(app.last.get('cf-ray'), r.get('cf-ray'))
  eq(app.last.get('cf-connecting-ip'), '127.0.0.1')
  eq(app.last.get('x-forwarded-for'), '127.0.0.1')
  eq(app.last.get('x-forwarded-proto'), 'http')
  eq(app.last.get('cdn-loop'), 'seawall')
  eq(app.last.get('host'), 'www.test')
})

scene('what a visitor must not be able to forge is replaced', async s => {
  const app = await s.origin(echo)
  const edge = await s.edge({ hosts: { 'www.test': app } })
  await edge.get('/', { headers: { 'CF-Connecting-IP': '8.8.8.8', 'X-Real-IP': '8.8.8.8', 'True-Client-IP': '8.8.8.8', 'X-Forwarded-Proto': 'https', 'CF-Ray': 'x', 'X-Forwarded-For': '9.9.9.9' } })
  const q = app.last
  eq(q.get('cf-connecting-ip'), '127.0.0.1')
  eq(q.get('x-real-ip'), undefined)
  eq(q.get('true-client-ip'), undefined)
  eq(q.get('x-forwarded-proto'), 'http')
  eq(q.get('x-forwarded-for'), '9.9.9.9, 127.0.0.1')
})

scene('keep-alive and pipelining answer in order', async s => {
  const app = await s.origin(async (q, reply) => { if (q.path === '/1') await sleep(60); await reply.send(200, {}, q.path) })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const c = await s.client(edge, { host: 'www.test' })
  await c.send('GET /1 HTTP/1.1\r\nHost: www.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: www.test\r\n\r\nHEAD /3 HTTP/1.1\r\nHost: www.test\r\n\r\nGET /4 HTTP/1.1\r\nHost: www.test\r\n\r\n')
  eq((await c.response({ method: 'GET' })).text, '/1')
  eq((await c.response({ method: 'GET' })).text, '/2')
  const head = await c.response({ method: 'HEAD' })
  eq([head.text, head.get('content-length')], ['', '2'])
  eq((await c.response({ method: 'GET' })).text, '/4')
  ok(c.idle)
})

scene('a thousand pipelined requests for a stored object', async s => {
  const app = await s.origin({ '/a.css': { headers: { 'Cache-Control': 'max-age=60' }, body: 'body{}' } })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  eq((await edge.get('/a.css')).get('cf-cache-status'), 'MISS')
  const c = await s.client(edge, { host: 'www.test' })
  await c.send('GET /a.css HTTP/1.1\r\nHost: www.test\r\n\r\n'.repeat(1000))
  for (let i = 0; i < 1000; i++) {
    const r = await c.response({ method: 'GET' })
    if (r.text !== 'body{}' || r.get('cf-cache-status') !== 'HIT') throw new Error(`answer ${i}: ${r.status} ${r.text}`)
  }
  eq(app.count(), 1)
})

scene('bytes one by one', async s => {
  const app = await s.origin(echo)
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const c = await s.client(edge, { host: 'www.test' })
  await c.trickle('POST /x HTTP/1.1\r\nHost: www.test\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\nGET /y HTTP/1.1\r\nHost: www.test\r\n\r\n')
  eq((await c.response({ method: 'POST' })).text, 'POST /x 3')
  eq((await c.response({ method: 'GET' })).text, 'GET /y 0')
})

scene('bodies by length and in chunks, both ways, with trailers', async s => {
  const app = await s.origin(async (q, reply) => {
    await reply.head(200, { Trailer: 'X-Sum', 'Content-Type': 'text/plain' })
    for (let i = 0; i < q.body.length; i += 70000) await reply.chunk(q.body.subarray(i, i + 70000))
    await reply.end({ 'X-Sum': String(q.body.length) })
  })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const c = await s.client(edge, { host: 'www.test' })
  const big = Buffer.alloc(3_000_000, 'abcdefghij')
  const r = await c.request('PUT', '/a', { body: big })
  ok(r.body.equals(big))
  eq(r.trailers.get('x-sum'), '3000000')
  const r2 = await c.request('POST', '/b', { body: ['one', 'two', big.subarray(0, 200000)], chunked: true })
  eq(r2.body.length, 200006)
  eq(app.requests.map(q => q.framing), [3000000, 'chunked'])
})

scene('HTTP/1.0: no chunks, close or keep-alive as asked', async s => {
  const app = await s.origin(async (q, reply) => { await reply.head(200, {}); await reply.chunk('abc'); await reply.chunk('def'); await reply.end() })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const c = await s.client(edge)
  await c.send('GET /x HTTP/1.0\r\nHost: www.test\r\n\r\n')
  const all = await c.closed()
  ok(/^HTTP\/1\.1 200 OK\r\n/.test(all))
  ok(!/transfer-encoding/i.test(all))
  ok(all.endsWith('\r\n\r\nabcdef'))
})

scene('an interim answer is passed on; 100 only to who expects it', async s => {
  const app = await s.origin(async (q, reply) => {
    await reply.interim(103, { Link: '</a.css>; rel=preload' })
    if (q.get('expect')) { await reply.interim(100); await q.read() }
    await reply.send(200, {}, `${q.body?.length ?? 0}`)
  }, { lazy: true })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const c = await s.client(edge, { host: 'www.test' })
  const r = await c.request('GET', '/')
  eq([r.interim.length, r.interim[0].status, r.interim[0].headers.get('link')], [1, 103, '</a.css>; rel=preload'])
  await c.send('POST / HTTP/1.1\r\nHost: www.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n')
  await sleep(30)
  await c.send('four')
  const p = await c.response({ method: 'POST' })
  eq([p.interim.map(i => i.status), p.text], [[103, 100], '4'])
})

scene('an early refusal of an upload reaches the visitor', async s => {
  const app = await s.origin(async (q, reply) => { await reply.send(413, { Connection: 'close' }, 'too big'); reply.close() }, { lazy: true })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const c = await s.client(edge, { host: 'www.test' })
  await c.send(`POST / HTTP/1.1\r\nHost: www.test\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(1000)}`)
  const r = await c.response({ method: 'POST' })
  eq([r.status, r.text], [413, 'too big'])
})

const refusals = {
  'both lengths': ['POST / HTTP/1.1\r\nHost: www.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  'bare LF': ['GET / HTTP/1.1\nHost: www.test\n\n', 400],
  'obs-fold': ['GET / HTTP/1.1\r\nHost: www.test\r\nX: a\r\n b\r\n\r\n', 400],
  'space before the colon': ['GET / HTTP/1.1\r\nHost : www.test\r\n\r\n', 400],
  'two Hosts': ['GET / HTTP/1.1\r\nHost: www.test\r\nHost: www.test\r\n\r\n', 400],
  'no Host': ['GET / HTTP/1.1\r\n\r\n', 400],
  'a NUL': ['GET / HTTP/1.1\r\nHost: www.test\r\nX: a\0b\r\n\r\n', 400],
  'a long target': [`GET /${'a'.repeat(40000)} HTTP/1.1\r\nHost: www.test\r\n\r\n`, 414],
  'a large head': [`GET / HTTP/1.1\r\nHost: www.test\r\nX: ${'a'.repeat(140000)}\r\n\r\n`, 431],
  'many fields': [`GET / HTTP/1.1\r\nHost: www.test\r\n${'A: b\r\n'.repeat(300)}\r\n`, 431],
  'HTTP/2.0 in a line': ['GET / HTTP/2.0\r\nHost: www.test\r\n\r\n', 505],
  'another coding': ['POST / HTTP/1.1\r\nHost: www.test\r\nTransfer-Encoding: gzip\r\n\r\n', 501],
  'another expectation': ['GET / HTTP/1.1\r\nHost: www.test\r\nExpect: tea\r\n\r\n', 417],
  TRACE: ['TRACE / HTTP/1.1\r\nHost: www.test\r\n\r\n', 405]
}
scene('what is ambiguous is refused, with a page, and the connection ends', async s => {
  const app = await s.origin(echo)
  const edge = await s.edge({ hosts: { 'www.test': app } })
  for (const [name, [bytes, status]] of Object.entries(refusals)) {
    const c = await s.client(edge)
    await c.send(bytes)
    const r = await c.response({ method: 'GET' })
    eq([name, r.status], [name, status])
    ok(r.text.includes(r.get('cf-ray')), `${name}: the page names the ray`)
    if (name !== 'TRACE') eq(await c.closed(), '', `${name}: closed`)
  }
  eq(app.count(), 0)
})

scene('a bad chunk in the middle of a body ends the exchange on both sides', async s => {
  const app = await s.origin(echo, { lazy: true })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const c = await s.client(edge)
  await c.send('POST /x HTTP/1.1\r\nHost: www.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n')
  const all = await c.closed()
  ok(all === '' || /^HTTP\/1\.1 400 /.test(all), all.slice(0, 100))
})

scene('negotiated error pages: HTML, JSON, text', async s => {
  const edge = await s.edge({ hosts: { 'www.test': '127.0.0.1:9' } })
  const html = await edge.get('/x', { headers: { Accept: 'text/html,*/*;q=0.8' } })
  eq([html.status, html.get('content-type')], [521, 'text/html; charset=utf-8'])
  ok(html.body.length < 10240)
  const json = await edge.get('/x', { headers: { Accept: 'application/json' } })
  const o = JSON.parse(json.text)
  eq([o.status, o.error_code, o.ray_id], [521, 521, json.get('cf-ray')])
  eq((await edge.get('/x', { headers: { Accept: 'text/plain' } })).get('content-type'), 'text/plain; charset=utf-8')
  const missing = await edge.get('/', { host: 'elsewhere.test', headers: { Accept: 'application/json' } })
  eq([missing.status, JSON.parse(missing.text).error_code], [530, 1001])
  const direct = await edge.get('/', { host: `127.0.0.1:${edge.port}`, headers: { Accept: 'application/json' } })
  eq([direct.status, JSON.parse(direct.text).error_code], [403, 1003])
})

scene('/cdn-cgi/ is the node\'s own', async s => {
  const app = await s.origin(echo)
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const r = await edge.get('/cdn-cgi/trace')
  eq([r.status, r.get('content-type')], [200, 'text/plain'])
  const lines = Object.fromEntries(r.text.trim().split('\n').map(l => l.split('=')))
  eq([lines.h, lines.ip, lines.http, lines.visit_scheme], ['www.test', '127.0.0.1', 'http/1.1', 'http'])
  eq((await edge.get('/cdn-cgi/error/522')).status, 522)
  eq((await edge.get('/cdn-cgi/nothing')).status, 404)
  eq(app.count(), 0)
})

scene('a request that keeps coming back is stopped', async s => {
  const edge = await s.edge({ hosts: { 'www.test': '127.0.0.1:9' }, start: false })
  edge.plan({ kind: 'zone', name: 'test', hosts: [{ name: 'www.test', origins: [`127.0.0.1:${edge.port}`] }] })
  await edge.start()
  const r = await edge.get('/around')
  eq(r.status, 508)
})

scene('slow heads and silent clients are let go', async s => {
  const app = await s.origin((q, reply) => q.method === 'POST' ? reply.hang() : reply.send(200, {}, 'x'), { lazy: true })
  const edge = await s.edge({ hosts: { 'www.test': app }, config: { limits: { head_ms: '300ms', idle_ms: '1000ms', body_idle_ms: '300ms', linger_ms: '100ms' } } })
  const slow = await s.client(edge)
  await slow.send('GET / HTTP/1.1\r\nHost: ')
  const r = await slow.response({ method: 'GET' })
  eq(r.status, 408)
  const body = await s.client(edge)
  await body.send('POST / HTTP/1.1\r\nHost: www.test\r\nContent-Length: 10\r\n\r\nab')
  ok(/^HTTP\/1\.1 408 |^$/.test(await body.closed()))
  const idle = await s.client(edge, { host: 'www.test' })
  eq((await idle.get('/')).status, 200)
  eq(await idle.closed(), '')
})

scene('WebSocket-like tunnels carry bytes both ways until both ends are done', async s => {
  const app = await s.origin(async (q, reply) => {
    if (q.path !== '/ws') return reply.send(200, {}, 'no')
    await reply.raw('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello ')
    const w = reply.takeOver()
    for (;;) {
      const d = await w.take(3)
      await w.send(Buffer.concat([Buffer.from('<'), d, Buffer.from('>')]))
      if (d.toString() === 'end') break
    }
    w.socket.end()
  })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const c = await s.client(edge)
  await c.send('GET /ws HTTP/1.1\r\nHost: www.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n')
  const r = await c.response({ method: 'GET', head: true })
  eq([r.status, r.get('upgrade'), r.get('connection')], [101, 'websocket', 'Upgrade'])
  await c.send('abc')
  await sleep(20)
  await c.send('end')
  eq(await c.closed(), 'hello <abc><end>')
  const refused = await edge.get('/other', { headers: { Connection: 'Upgrade, close', Upgrade: 'websocket' } })
  eq([refused.status, refused.text], [200, 'no'])
})

scene('events arrive one by one', async s => {
  let more
  const app = await s.origin(async (q, reply) => {
    await reply.head(200, { 'Content-Type': 'text/event-stream' })
    await reply.chunk('data: 1\n\n')
    await new Promise(resolve => { more = resolve })
    await reply.chunk('data: 2\n\n')
    await reply.end()
  })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const c = await s.client(edge, { host: 'www.test' })
  await c.ask('GET', '/events')
  await c.response({ head: true })
  const it = c.chunks()
  eq((await it.next()).value.toString(), 'data: 1\n\n')
  more()
  eq((await it.next()).value.toString(), 'data: 2\n\n')
  ok((await it.next()).done)
})

scene('the access log has one JSON line for each request', async s => {
  const app = await s.origin({ '/': 'hello', '/a.png': { headers: { 'Cache-Control': 'max-age=60' }, body: 'png' } })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const r = await edge.get('/?q="x"')
  const line = await edge.logged({ ray: r.get('cf-ray') })
  eq([line.client, line.host, line.method, line.path, line.status, line.cache], ['127.0.0.1', 'www.test', 'GET', '/?q="x"', 200, 'DYNAMIC'])
  ok(line.bytes > 5 && line.us.total >= line.us.fetch && line.time > 1.6e9)
  await edge.get('/a.png')
  await edge.get('/a.png')
  await edge.logged({ path: '/a.png', cache: 'HIT' })
})

scene('only WebSocket is passed on: h2c would carry requests that nobody sees', async s => {
  const app = await s.origin(async (q, reply) => reply.send(200, {}, String(q.get('upgrade'))))
  const edge = await s.edge({ hosts: { 'www.test': app } })
  for (const up of ['h2c', 'h2c, websocket', 'WebSocket/13', 'TLS/1.0']) eq((await edge.get('/', { headers: { Connection: 'Upgrade, HTTP2-Settings, close', Upgrade: up, 'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA' } })).text, 'undefined')
  eq(app.last.get('http2-settings'), undefined)
})
