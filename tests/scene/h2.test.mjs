// SPDX-License-Identifier: Apache-2.0
// HTTP/2: the same answers as over HTTP/1, streams beside each other, and clients that do not play by the rules.
import { scene, eq, ok, QUICK, waitFor } from '../lib/scene.mjs'
import { CODE, F, Frames, T, block, frame, literal, session, u32 } from '../lib/h2.mjs'

const cached = { 'Cache-Control': 'max-age=60' }

async function edgeOf (s, script, options = {}) {
  const app = await s.origin(script, { lazy: options.lazy })
  const edge = await s.edge({ https: true, zone: 'h2.test', hosts: { 'www.h2.test': [app] }, ...options })
  await edge.secured()
  return { app, edge }
}

function client (s, edge, options) {
  const c = session(edge, options)
  s.undo.push(() => c.close())
  return c
}

async function frames (s, edge) {
  const f = await Frames.connect(edge)
  s.undo.push(() => f.close())
  return f
}

scene('misses, hits, HEAD, errors and uploads over HTTP/2', async s => {
  const { app, edge } = await edgeOf(s, {
    '/a.css': { headers: cached, body: 'body{}' },
    '/up': (q, reply) => reply.send(200, {}, `${q.method} ${q.body.length}`)
  })
  const c = client(s, edge)
  const miss = await c.get('/a.css')
  const hit = await c.get('/a.css')
  eq([miss.status, miss.headers['cf-cache-status'], miss.text], [200, 'MISS', 'body{}'])
  eq([hit.status, hit.headers['cf-cache-status'], hit.text, hit.headers['content-length']], [200, 'HIT', 'body{}', '6'])
  const head = await c.request({ ':path': '/a.css', ':method': 'HEAD' })
  eq([head.status, head.text, head.headers['content-length']], [200, '', '6'])
  eq((await c.get('/none')).status, 404)
  const up = await c.request({ ':path': '/up', ':method': 'POST' }, Buffer.alloc(3_000_000, 'u'))
  eq([up.status, up.text], [200, 'POST 3000000'])
  const line = await edge.logged({ path: '/up' })
  eq([line.status, line.http], [200, 20])
  const trace = (await c.get('/cdn-cgi/trace')).text
  ok(/^http=http\/2$/m.test(trace) && /^tls=TLSv1\.3$/m.test(trace) && /^visit_scheme=https$/m.test(trace), trace)
  await c.request({ ':path': '/up', ':method': 'GET', cookie: ['a=1', 'b=2'] })
  eq(app.last.headers.get('cookie'), 'a=1; b=2')
  eq(app.last.headers.get('x-forwarded-proto'), 'https')
})

scene('streams beside each other, large and small, with trailers', async s => {
  const big = Buffer.alloc(2_000_000, 'seawall ')
  const { edge } = await edgeOf(s, {
    '/big.bin': { headers: cached, body: big },
    '/live': async (q, reply) => {
      await reply.head(200, { Trailer: 'Sum' })
      for (let i = 0; i < 20; i++) await reply.chunk(big.subarray(0, 30_000))
      await reply.end({ Sum: '600000' })
    },
    '/small.css': { headers: cached, body: 'x' }
  })
  const c = client(s, edge)
  const answers = await Promise.all(Array.from({ length: 90 }, (_, i) => c.get(['/big.bin', '/live', '/small.css'][i % 3])))
  answers.forEach((r, i) => {
    eq(r.status, 200)
    if (i % 3 === 0) ok(r.body.equals(big), 'the body is whole')
    if (i % 3 === 1) eq([r.body.length, r.trailers.sum], [600_000, '600000'])
    if (i % 3 === 2) eq(r.text, 'x')
  })
})

scene('a stream that is not read does not hold up its neighbours', async s => {
  const { edge } = await edgeOf(s, { '/big.bin': { headers: cached, body: Buffer.alloc(3_000_000, 'x') }, '/a.css': { headers: cached, body: 'a' } })
  const c = client(s, edge)
  const held = c.session.request({ ':path': '/big.bin', ':authority': 'www.h2.test' })
  await new Promise(resolve => held.once('response', resolve))
  held.pause()
  for (let i = 0; i < 20; i++) eq((await c.get('/a.css')).text, 'a')
  let n = 0
  held.on('data', d => { n += d.length })
  held.resume()
  await new Promise(resolve => held.once('end', resolve))
  eq(n, 3_000_000)
})

scene('a client that opens no window is given up, after send_idle_ms', async s => {
  const { edge } = await edgeOf(s, { '/big.bin': { headers: cached, body: Buffer.alloc(200_000, 'x') } }, { config: { limits: { send_idle_ms: 300 } } })
  const f = await frames(s, edge)
  await f.send(frame(T.SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(0)])))
  const path = Buffer.concat([Buffer.from([0x82, 0x87, 4, 8]), Buffer.from('/big.bin'), block('www.h2.test').subarray(3)])
  await f.send(frame(T.HEADERS, F.END_HEADERS | F.END_STREAM, 1, path))
  const end = await f.until(x => x.type === T.RST && x.stream === 1)
  eq(end.payload.readUInt32BE(0), CODE.CANCEL)
  ok(await f.alive(), 'the connection lives on')
})

scene('what is malformed is refused in its stream, and the connection lives on', async s => {
  const { edge } = await edgeOf(s, { '/': 'hello' })
  const f = await frames(s, edge)
  const bad = {
    'upper-case name': literal('X-Up', '1'),
    'connection field': literal('connection', 'close'),
    'another host': literal('host', 'other.test'),
    'transfer-encoding': literal('transfer-encoding', 'chunked'),
    'a control byte': literal('x', 'a\nb')
  }
  let id = 1
  for (const [what, more] of Object.entries(bad)) {
    await f.send(frame(T.HEADERS, F.END_HEADERS | F.END_STREAM, id, Buffer.concat([block('www.h2.test'), more])))
    const end = await f.until(x => x.stream === id && (x.type === T.RST || x.type === T.HEADERS))
    ok(end.type === T.RST || end.payload[0] !== 0x88, `${what} is refused`)
    id += 2
  }
  ok(await f.alive())
})

// Answers GET; whoever posts waits, and may leave in the middle of it.
const waits = (q, reply) => q.method === 'POST' ? reply.hang() : reply.send(200, {}, 'hello')

scene('frames on streams that have closed end the connection', async s => {
  const { edge } = await edgeOf(s, waits, { lazy: true })
  const cases = {
    'HEADERS again': f => f.request(1),
    'DATA after the end': () => frame(T.DATA, 0, 1, Buffer.from('x')),
    'a smaller stream number': f => Buffer.concat([f.request(5), f.request(3)]),
    'PRIORITY on stream 0': () => frame(T.PRIORITY, 0, 0, Buffer.from([0, 0, 0, 0, 15])),
    'windows beyond 2^31-1 through SETTINGS': f => Buffer.concat([f.request(7, { method: 'POST', end: false }), frame(T.WINDOW, 0, 7, u32(0x7fff0000)), frame(T.SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(0x7fffffff)]))])
  }
  for (const [what, bytes] of Object.entries(cases)) {
    const f = await frames(s, edge)
    await f.send(f.request(1))
    await f.until(x => x.stream === 1 && x.flags & F.END_STREAM)
    await f.send(bytes(f))
    const code = await f.goaway()
    ok(code !== null && code !== CODE.NO_ERROR, `${what}: GOAWAY ${code}`)
  }
})

const floods = {
  'rapid reset': (f, i) => Buffer.concat([f.request(1 + 2 * i), frame(T.RST, 0, 1 + 2 * i, u32(CODE.CANCEL))]),
  'empty DATA': (f, i) => i === 0 ? f.request(1, { method: 'POST', end: false }) : frame(T.DATA, 0, 1),
  settings: () => frame(T.SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(65535)])),
  pings: () => frame(T.PING, 0, 0, Buffer.from('12345678')),
  priorities: (f, i) => frame(T.PRIORITY, 0, 1 + 2 * i, Buffer.from([0, 0, 0, 0, 15])),
  'tiny windows': () => frame(T.WINDOW, 0, 0, u32(1)),
  'frames of no known type': () => frame(0x77, 0, 0, Buffer.from('?')),
  CONTINUATION: (f, i) => i === 0 ? frame(T.HEADERS, F.END_STREAM, 1, block('www.h2.test')) : frame(T.CONTINUATION, 0, 1, literal('x', 'y'.repeat(100)))
}

for (const [what, make] of Object.entries(floods)) {
  scene(`flood of ${what}: the connection is calmed, others are served`, async s => {
    const { edge } = await edgeOf(s, waits, { lazy: true })
    const f = await frames(s, edge)
    const c = client(s, edge)
    const served = (async () => { for (let i = 0; i < 20; i++) eq((await c.get('/')).status, 200) })()
    served.catch(() => {})
    const writing = (async () => { for (let i = 0; i < (QUICK ? 3000 : 20000); i += 100) await f.send(...Array.from({ length: 100 }, (_, k) => make(f, i + k))) })()
    eq(await f.goaway(), CODE.ENHANCE_YOUR_CALM)
    await served
    f.close()
    await writing
  })
}

scene('an edge that leaves says GOAWAY and finishes what runs', async s => {
  let release
  const { edge } = await edgeOf(s, { '/slow': async (q, reply) => { await new Promise(resolve => { release = resolve }); await reply.send(200, {}, 'done') } })
  const c = client(s, edge)
  const going = new Promise(resolve => c.session.once('goaway', resolve))
  const answer = c.get('/slow')
  await waitFor(() => release)
  edge.signal('SIGTERM')
  eq(await going, CODE.NO_ERROR)
  release()
  const r = await answer
  eq([r.status, r.text], [200, 'done'])
  await edge.done()
})

scene('WebSocket over HTTP/2: an extended CONNECT becomes an upgrade for the origin', async s => {
  const { app, edge } = await edgeOf(s, {
    '/ws': async (q, reply) => {
      eq([q.method, q.headers.get('upgrade'), q.headers.get('sec-websocket-version'), Buffer.from(q.headers.get('sec-websocket-key'), 'base64').length], ['GET', 'websocket', '13', 16])
      const w = reply.takeOver()
      await w.send('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\nwelcome')
      await w.send(Buffer.concat([Buffer.from('you said '), await w.take(5)]))
      await w.send(await w.take(300000))
      eq((await w.take(3)).toString(), 'bye')
      await w.send('farewell')
      w.socket.end()
    },
    '/plain': 'no WebSocket here',
    '/no': { status: 403, body: 'no' }
  })
  const c = client(s, edge)
  await new Promise(resolve => c.session.once('remoteSettings', resolve))
  ok(c.session.remoteSettings.enableConnectProtocol, 'the server says that it knows RFC 8441')
  const open = path => {
    const stream = c.session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'https', ':authority': 'www.h2.test', ':path': path, 'sec-websocket-version': '13', 'sec-websocket-protocol': 'chat' }, { endStream: false })
    const r = { text: '', stream, ended: false }
    stream.on('response', h => { r.headers = h })
    stream.on('data', d => { r.text += d })
    stream.on('end', () => { r.ended = true })
    stream.on('error', e => { r.error = e })
    return r
  }
  const ws = open('/ws')
  await waitFor(() => ws.text === 'welcome', { what: 'the first bytes of the origin' })
  eq([ws.headers[':status'], ws.headers['sec-websocket-protocol'], ws.headers['sec-websocket-accept'], ws.headers.upgrade], [200, 'chat', undefined, undefined])
  ws.stream.write('hello')
  await waitFor(() => ws.text === 'welcomeyou said hello', { what: 'an echo' })
  const big = Buffer.alloc(300000, 'b')
  ws.stream.write(big)
  await waitFor(() => ws.text.length >= 300000, { what: 'a large message', within: 10000 })
  ws.stream.write('bye')
  await waitFor(() => ws.ended && ws.text.endsWith('farewell'), { what: 'the end' })
  const no = open('/no')
  await waitFor(() => no.headers, { what: 'a refusal' })
  eq(no.headers[':status'], 403)
  const plain = open('/plain')
  await waitFor(() => plain.headers, { what: 'an answer that is no switch' })
  eq(plain.headers[':status'], 502, 'a 2xx would mean that the tunnel stands')
  eq((await c.get('/plain')).text, 'no WebSocket here', 'the connection lives on')
  ok(app.count('/ws') === 1)
})
