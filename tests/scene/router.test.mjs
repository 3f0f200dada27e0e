// SPDX-License-Identifier: Apache-2.0
// The app router: from a host name to an instance and back, over plain HTTP and TLS.
import http2 from 'node:http2'
import tls from 'node:tls'
import zlib from 'node:zlib'
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'
import { app, hostOf, platform } from '../lib/platform.mjs'

const HOST = hostOf('my-app')
/** An instance that says its name and what it was asked. */
const named = (s, name, more = {}) => s.origin(async (q, reply) => {
  const page = more[q.path]
  if (page) return typeof page === 'function' ? page(q, reply) : reply.send(page.status ?? 200, page.headers ?? {}, page.body ?? '')
  await reply.send(200, { 'Content-Type': 'text/plain', 'X-Instance': name }, `${name} ${q.target}\n`)
})
const pair = async (s, more) => [await named(s, 'one', more), await named(s, 'two', more)]

scene('requests alternate strictly over the instances, whatever worker takes them', async s => {
  const [one, two] = await pair(s)
  const edge = await platform(s, { plan: [app('my-app', [one, two])], config: { node: { workers: 2 } } })

  const got = []
  for (let i = 0; i < 10; i++) got.push((await edge.visit(HOST)).get('x-instance'))
  eq([got.filter(x => x === 'one').length, got.filter(x => x === 'two').length], [5, 5])
  ok(got.every((x, i) => i === 0 || x !== got[i - 1]), got.join(' '))
  const row = await edge.logged({ app: 'my-app' })
  eq([row.status, row.app, /^web-[12]$/.test(row.instance)], [200, 'my-app', true])
  eq(row.cache, undefined)
})

scene('an exact name goes before a wildcard, also one of another app; a wildcard covers one level', async s => {
  const wide = await named(s, 'wide'); const exact = await named(s, 'exact')
  const edge = await platform(s, {
    plan: [app('wide', [wide], { hosts: ['*.example.test', '*.sub.example.test'] }), app('exact', [exact], { hosts: ['www.example.test', 'Example.TEST.'] })]
  })
  const who = async host => { const r = await edge.visit(host); return r.status === 200 ? r.get('x-instance') : r.status }

  eq(await who('www.example.test'), 'exact')
  eq(await who('example.test'), 'exact')
  eq(await who('shop.example.test'), 'wide')
  eq(await who('WWW.Example.Test.:8080'), 'exact')
  eq(await who('a.b.example.test'), 404)
  eq(await who('x.sub.example.test'), 'wide')
  eq(await who('127.0.0.1'), 404)
  const unknown = await edge.visit('nobody.test')
  eq([unknown.status, unknown.get('x-scalingo-error')], [404, 'unknown domain'])
  ok(/^[0-9a-f-]{36}$/.test(unknown.get('x-request-id')))
})

scene('an instance reads who asked how; strangers cannot say it for themselves', async s => {
  const [one] = await pair(s)
  const edge = await platform(s, { plan: [app('my-app', [one])], config: { platform: { trusted_edges: '127.0.0.9, 192.0.2.0/24' } } })
  const lies = { 'X-Forwarded-For': '198.51.100.7', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443', 'X-Real-IP': '198.51.100.7', 'X-Request-Start': 't=1.000', 'X-Scalingo-Error': 'x', 'CF-Connecting-IP': '198.51.100.7' }
  const seen = () => ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-port', 'x-real-ip', 'x-scalingo-error', 'cf-connecting-ip'].map(n => one.last.get(n) ?? null)

  const before = Date.now()
  const r = await edge.visit(HOST, '/a?b=c', { headers: lies })
  eq(r.status, 200)
  eq(seen(), ['127.0.0.1', 'http', '80', '127.0.0.1', null, '198.51.100.7'])
  eq([one.last.target, one.last.get('host')], ['/a?b=c', HOST])
  const start = /^t=(\d+\.\d{3})$/.exec(one.last.get('x-request-start'))
  ok(start && Math.abs(Number(start[1]) * 1000 - before) < 30000, one.last.get('x-request-start'))
  ok(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(one.last.get('x-request-id')))
  eq(r.get('x-request-id'), one.last.get('x-request-id'))

  await edge.visit(HOST, '/', { headers: lies, from: '127.0.0.9' })
  eq(seen(), ['198.51.100.7, 127.0.0.9', 'https', '443', '127.0.0.9', null, '198.51.100.7'])

  const id = 'abcDEF0123456789+/=-0'
  eq((await edge.visit(HOST, '/', { headers: { 'X-Request-ID': id } })).get('x-request-id'), id)
  for (const bad of ['short', 'a'.repeat(129), 'abcdefghijklmnopqrst_'])
    ok((await edge.visit(HOST, '/', { headers: { 'X-Request-ID': bad } })).get('x-request-id') !== bad)
})

scene('force HTTPS, canonical domain: one redirect; HSTS unless the app says its own', async s => {
  const [one] = await pair(s, { '/own': { headers: { 'Strict-Transport-Security': 'max-age=60' } } })
  const item = app('my-app', [one], { force_https: true })
  const edge = await platform(s, { https: true, plan: [item, app('plain', [one], { hosts: ['example.test', 'www.example.test'], canonical: 'www.example.test' })] })
  const secure = {}

  const r = await edge.visit(HOST, '/x?y=z', { method: 'POST', body: 'b' })
  eq([r.status, r.get('location'), r.get('content-type')], [301, `https://${HOST}/x?y=z`, 'text/html'])
  ok(r.get('x-request-id'))
  eq(one.count(), 0)
  eq((await edge.visit(HOST, '/', { secure })).get('strict-transport-security'), 'max-age=31536000')
  eq((await edge.visit(HOST, '/own', { secure })).get('strict-transport-security'), 'max-age=60')

  const c = await edge.visit('example.test', '/p?q')
  eq([c.status, c.get('location')], [301, 'http://www.example.test/p?q'])
  eq((await edge.visit(hostOf('plain'), '/')).get('location'), 'http://www.example.test/')
  eq((await edge.visit('www.example.test', '/')).status, 200)

  edge.plan({ ...item, name: 'plain', id: 'b', hosts: [hostOf('plain'), 'example.test', 'www.example.test'], canonical: 'www.example.test' })
  await waitFor(async () => (await edge.visit('www.example.test', '/')).status === 301, { what: 'the app to force HTTPS' })
  eq((await edge.visit('example.test', '/p?q')).get('location'), 'https://www.example.test/p?q')
})

scene('a token of an order is answered before everything else', async s => {
  const [one] = await pair(s)
  const token = { kind: 'challenge', name: 'tok', host: 'www.example.test', answer: 'tok.print' }
  const edge = await platform(s, { plan: [app('my-app', [one], { hosts: ['www.example.test'], force_https: true, status: 'stopped' }), token] })

  const r = await edge.visit('www.example.test', '/.well-known/acme-challenge/tok')
  eq([r.status, r.text], [200, 'tok.print'])
  // another's is the app's to answer, which is stopped here; what is no validation is redirected
  eq((await edge.visit('www.example.test', '/.well-known/acme-challenge/other')).status, 503)
  eq((await edge.visit(HOST, '/.well-known/acme-challenge/tok')).status, 503)
  eq((await edge.visit('www.example.test', '/.well-known/other')).status, 301)
})

scene('TLS: the platform has certificates of its own; a host that the certificate does not cover is misdirected', async s => {
  const [one, two] = await pair(s)
  const edge = await platform(s, { https: true, hosts: { 'www.edge.test': [one] }, plan: [app('my-app', [one], { hosts: ['www.other.test'] }), app('second', [two])] })

  const r = await edge.visit(HOST, '/', { secure: {} })
  eq([r.status, one.last.get('x-forwarded-proto'), one.last.get('x-forwarded-port')], [200, 'https', '443'])
  // Unknown or absent names are shown the platform's wildcard.
  const lenient = { rejectUnauthorized: false }
  for (const servername of ['www.edge.test', 'www.other.test', '']) {
    const c = await edge.join(HOST, { secure: { ...lenient, servername } })
    ok(c.socket.getPeerCertificate().subjectaltname.includes('DNS:*.osc-fr1.scalingo.test'), servername)
    c.close()
  }
  const c = await edge.join(HOST, { secure: {} })
  eq((await c.request('GET', '/', { host: hostOf('second') })).get('x-instance'), 'two')
  eq((await c.request('GET', '/', { host: 'www.other.test' })).status, 421)
  c.close()
  // The name of the handshake is asked for: an edge that does not verify may come without a certificate for it.
  const d = await edge.join('www.other.test', { secure: { ...lenient } })
  eq((await d.request('GET', '/')).status, 200)
  d.close()
})

scene('bodies and heads that are too large', async s => {
  const one = await s.origin(async (q, reply) => { await q.read().catch(() => {}); await reply.send(200) }, { lazy: true })
  const edge = await platform(s, { plan: [app('my-app', [one])], config: { limits: { router_body_bytes_max: '64K' } } })

  const large = await edge.visit(HOST, '/', { method: 'POST', headers: { 'Content-Length': String(76 << 20), Expect: '100-continue' } })
  eq([large.status, large.get('x-scalingo-error')], [413, 'request body too large'])
  eq((await edge.visit(HOST, '/', { method: 'POST', body: 'x'.repeat(65536) })).status, 200)
  const c = await edge.join(HOST)
  await c.ask('POST', '/', { chunked: true, body: Array(3).fill('x'.repeat(30000)) })
  eq((await c.response()).status, 413)
  c.close()
  eq((await edge.visit(HOST, '/', { headers: { A: 'x'.repeat(8100) } })).status, 200)
  eq((await edge.visit(HOST, '/', { headers: { A: 'x'.repeat(8200) } })).status, 431)
  const many = Object.fromEntries([...Array(5)].map((_, i) => [`A${i}`, 'x'.repeat(7000)]))
  const r = await edge.visit(HOST, '/', { headers: many })
  eq([r.status, !!r.get('x-request-id')], [431, true])
})

scene('text is compressed for those who accept it, as it comes', async s => {
  const text = 'so it goes. '.repeat(500)
  const held = []
  const [one] = await pair(s, {
    '/json': { headers: { 'Content-Type': 'application/json; charset=utf-8', ETag: '"v1"', Vary: 'Origin' }, body: text },
    '/png': { headers: { 'Content-Type': 'image/png' }, body: text },
    '/br': { headers: { 'Content-Type': 'text/plain', 'Content-Encoding': 'br' }, body: 'not really' },
    '/short': { headers: { 'Content-Type': 'text/plain' }, body: 'short' },
    '/kept': { headers: { 'Content-Type': 'text/plain', 'Cache-Control': 'no-transform' }, body: text },
    '/live': async (q, reply) => { await reply.head(200, { 'Content-Type': 'text/html' }); await reply.chunk('first'); held.push(reply) },
    '/events': async (q, reply) => { await reply.head(200, { 'Content-Type': 'text/event-stream' }); await reply.chunk('data: 1\n\n'); held.push(reply) }
  })
  const edge = await platform(s, { plan: [app('my-app', [one])] })
  const headers = { 'Accept-Encoding': 'br, gzip' }

  const r = await edge.visit(HOST, '/json', { headers })
  eq([r.get('content-encoding'), r.get('etag'), r.all('vary')], ['gzip', 'W/"v1"', ['Origin', 'Accept-Encoding']])
  eq(zlib.gunzipSync(r.body).toString(), text)
  ok(r.body.length < text.length / 4)
  const plain = await edge.visit(HOST, '/json')
  eq([plain.get('content-encoding'), plain.text, plain.get('etag')], [undefined, text, '"v1"'])
  eq((await edge.visit(HOST, '/json', { headers: { 'Accept-Encoding': 'gzip;q=0' } })).get('content-encoding'), undefined)
  for (const path of ['/png', '/short', '/kept']) eq((await edge.visit(HOST, path, { headers })).get('content-encoding'), undefined, path)
  eq((await edge.visit(HOST, '/br', { headers })).get('content-encoding'), 'br')
  const head = await edge.visit(HOST, '/json', { method: 'HEAD', headers })
  eq([head.status, head.get('content-encoding'), head.get('content-length')], [200, undefined, String(text.length)])

  const c = await edge.join(HOST)
  await c.ask('GET', '/live', { headers })
  await c.response({ head: true })
  const unzip = zlib.createGunzip(); let out = ''
  unzip.on('data', d => { out += d })
  const reading = (async () => { for await (const chunk of c.chunks()) unzip.write(chunk) })()
  await waitFor(() => out === 'first', { what: 'the first piece, while the answer goes on' })
  await held[0].chunk(' second'); await held[0].end()
  await reading
  await waitFor(() => out === 'first second', { what: 'the rest' })
  c.close()

  const e = await edge.join(HOST)
  await e.ask('GET', '/events', { headers })
  const events = await e.response({ head: true })
  eq([events.get('content-encoding'), events.get('content-type')], [undefined, 'text/event-stream'])
  eq((await e.chunks().next()).value.toString(), 'data: 1\n\n')
  await held[1].end()
  e.close()
})

scene('WebSocket and other methods go through; a visitor who leaves is 499 in the log', async s => {
  const [one] = await pair(s, {
    '/ws': async (q, reply) => {
      await reply.raw('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      const wire = reply.takeOver()
      await wire.send(await wire.take(4))
      await wire.rest().catch(() => {})
      reply.close()
    },
    '/hang': (q, reply) => reply.hang()
  })
  const edge = await platform(s, { plan: [app('my-app', [one], { router_logs: true })] })

  const c = await edge.join(HOST)
  await c.send(`GET /ws HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\nping`)
  eq((await c.response({ method: 'GET', head: true })).status, 101)
  eq((await c.wire.take(4)).toString(), 'ping')
  c.close()
  eq((await edge.visit(HOST, '/', { method: 'DELETE' })).status, 200)
  eq((await edge.visit(HOST, '/', { method: 'TRACE' })).status, 405)

  const gone = await edge.join(HOST)
  await gone.ask('GET', '/hang')
  await waitFor(() => one.count('/hang') === 1, { what: 'the instance to be asked' })
  gone.close()
  eq((await edge.logged({ path: '/hang' })).status, 499)
})

scene('cache, rules and the edge\'s own paths are not for requests of the platform', async s => {
  const [one] = await pair(s, {
    '/a.css': { headers: { 'Content-Type': 'text/css', 'Cache-Control': 'public, max-age=3600' }, body: 'a{}' },
    '/cdn-cgi/trace': 'the app\'s own'
  })
  const edge = await platform(s, { plan: [app('my-app', [one])] })

  for (let i = 0; i < 3; i++) {
    const r = await edge.visit(HOST, '/a.css')
    eq([r.text, r.get('cf-cache-status'), r.get('cf-ray'), r.get('server')], ['a{}', undefined, undefined, undefined])
  }
  eq(one.count('/a.css'), 3)
  await edge.visit(HOST, '/cdn-cgi/trace')
  eq(one.count('/cdn-cgi/trace'), 1)
  eq((await edge.get('/cdn-cgi/trace', { host: HOST })).status, 200, 'the edge beside it answers its own')
})

scene('HTTP/2 by ALPN, a request a stream; the instance is asked in HTTP/1.1', async s => {
  const [one, two] = await pair(s)
  const edge = await platform(s, { https: true, plan: [app('my-app', [one, two])] })
  const session = http2.connect(`https://${HOST}:${edge.appSecurePort}`, {
    createConnection: () => tls.connect({ port: edge.appSecurePort, host: '127.0.0.1', servername: HOST, ALPNProtocols: ['h2'], ca: edge.authority() })
  })
  const get = path => new Promise((resolve, reject) => {
    const q = session.request({ ':path': path, ':authority': HOST })
    let head; let text = ''
    q.on('response', h => { head = h }).on('data', d => { text += d }).on('end', () => resolve({ head, text })).on('error', reject)
  })

  const all = await Promise.all([...Array(8)].map((_, i) => get(`/${i}`)))
  eq(all.map(r => r.head[':status']), Array(8).fill(200))
  eq([one.count(), two.count()], [4, 4])
  ok(all.every(r => r.head['x-request-id']))
  eq([one.last.version, one.last.get('x-forwarded-proto')], ['1.1', 'https'])
  session.destroy()
})
