// SPDX-License-Identifier: Apache-2.0
// HTTP/2 to origins: chosen by ALPN, shared by many requests, with bounds, back-pressure, trailers, and safe retries.
import http2 from 'node:http2'
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'
import { authority } from '../lib/authority.mjs'
import { session } from '../lib/h2.mjs'
import { freePort } from '../lib/wait.mjs'

/** An origin of node's http2. script(stream, headers, origin); it remembers its sessions and how many streams were open at once. */
async function h2origin (s, secure, script, { h1 = false, ...more } = {}) {
  const port = await freePort()
  const server = http2.createSecureServer({ ...secure, allowHTTP1: true, ...more })
  const o = { server, port, sessions: [], asked: [], open: 0, most: 0, h1: 0, address: `127.0.0.1:${port}` }
  // Not always: with a listener for requests node sends trailers of its own.
  if (h1) server.on('request', (q, r) => { if (q.httpVersion !== '2.0') { o.h1++; r.end('h1') } })
  server.on('session', x => { o.sessions.push(x); x.on('error', () => {}) })
  server.on('stream', (stream, headers) => {
    o.asked.push(headers)
    o.most = Math.max(o.most, ++o.open)
    stream.on('close', () => o.open--)
    stream.on('error', () => {})
    script(stream, headers, o)
  })
  server.on('tlsClientError', () => {})
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
  s.undo.push(() => { for (const x of o.sessions) x.destroy(); return new Promise(resolve => server.close(resolve)) })
  return o
}

async function world (s, script, { more = {}, config = {}, ...options } = {}) {
  const ca = authority(s.folder())
  const origin = await h2origin(s, ca.leaf('www', { hosts: ['www.one.test'] }), script, options)
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'www.one.test': [origin.address] }, more: { ssl: 'strict', ...more }, config: { origin: { ca_file: ca.file }, ...config } })
  await edge.secured()
  return { ca, origin, edge }
}

scene('an origin that offers HTTP/2 is asked over it, many requests on one connection', async s => {
  const { origin, edge } = await world(s, (stream, h) => {
    stream.respond({ ':status': 200, 'x-method': h[':method'], 'x-authority': h[':authority'], 'cache-control': 'no-store' })
    setTimeout(() => stream.end(`${h[':path']} ${h['x-forwarded-proto']}`), 20)
  })
  const client = session(edge)
  const all = await Promise.all(Array.from({ length: 40 }, (_, i) => client.get(`/page${i}`)))
  client.close()
  for (const [i, r] of all.entries()) eq([r.status, r.text, r.headers['x-method'], r.headers['x-authority']], [200, `/page${i} https`, 'GET', 'www.one.test'])
  eq(origin.sessions.length, 1)
  ok(origin.most > 5, String(origin.most))
  const h = origin.asked[0]
  ok(!('connection' in h) && !('host' in h) && h['cf-ray'] && h['cdn-loop'] === 'seawall', JSON.stringify(h))
})

scene('origin_max_http_version 1, WebSocket and an origin without HTTP/2 stay with HTTP/1.1', async s => {
  const { origin, edge } = await world(s, stream => { stream.respond(); stream.end('h2') }, { h1: true, more: { origin_max_http_version: '1' } })
  eq((await edge.get('/', { secure: {} })).text, 'h1')
  eq([origin.sessions.length, origin.h1], [0, 1])
})

scene('bodies both ways, large and small, with and without a length', async s => {
  const big = Buffer.alloc(3_000_000, 'seawall ')
  const { origin, edge } = await world(s, (stream, h) => {
    if (h[':path'] === '/big') { stream.respond({ 'content-length': big.length }); stream.end(big); return }
    if (h[':path'] === '/head') { stream.respond({ 'content-length': 77 }); stream.end(); return }
    if (h[':path'] === '/none') { stream.respond({ ':status': 204 }, { endStream: true }); return }
    let n = 0
    stream.on('data', d => { n += d.length })
    stream.on('end', () => { stream.respond(); stream.end(`${n} ${h['content-length']}`) })
  })
  const client = await s.client(edge, { secure: {} })
  for (let i = 0; i < 3; i++) ok((await client.get('/big')).body.equals(big))
  eq((await client.request('POST', '/up', { body: big })).text, `${big.length} ${big.length}`)
  eq((await client.request('POST', '/up', { chunked: true, body: ['hel', 'lo'] })).text, '5 undefined')
  eq((await client.request('POST', '/up', { headers: { 'Content-Length': '0' } })).text, '0 0')
  const head = await client.request('HEAD', '/head')
  eq([head.status, head.headers.get('content-length'), head.text], [200, '77', ''])
  eq((await client.get('/none')).status, 204)
  eq(origin.sessions.length, 1)
})

scene('a visitor who does not read holds up nobody else on the connection, and stops the origin', async s => {
  let sent = 0
  const { origin, edge } = await world(s, (stream, h) => {
    stream.respond({ 'cache-control': 'no-store' })
    if (h[':path'] !== '/flood') { stream.end('quick'); return }
    const piece = Buffer.alloc(65536)
    const more = () => { while (!stream.destroyed && sent < 64 << 20) { sent += piece.length; if (!stream.write(piece)) { stream.once('drain', more); return } } }
    more()
  })
  const client = session(edge)
  const flood = client.session.request({ ':path': '/flood', ':authority': 'www.one.test' })
  flood.on('error', () => {})
  await new Promise(resolve => flood.on('response', resolve)) // and nobody reads its body
  let before = -1
  await waitFor(() => { const same = sent === before && sent > 0; before = sent; return same }, { within: 20000, every: 400, what: 'the origin to be held' })
  ok(sent < 8 << 20, String(sent))
  for (let i = 0; i < 5; i++) eq((await client.get('/other')).text, 'quick')
  eq(origin.sessions.length, 1)
  flood.close(http2.constants.NGHTTP2_CANCEL)
  await waitFor(() => origin.open === 0, { within: 10000, what: 'the stream to be reset' })
  eq((await client.get('/other')).text, 'quick')
  eq(origin.sessions.length, 1)
  client.close()
})

scene('gRPC: both directions at once, trailers at the end', async s => {
  const { edge, origin } = await world(s, (stream, h) => {
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': String(h.te) }))
    stream.on('data', d => stream.write(`<${d}>`))
    stream.on('end', () => stream.end())
  })
  const client = session(edge)
  const stream = client.session.request({ ':method': 'POST', ':path': '/svc/Call', ':authority': 'www.one.test', 'content-type': 'application/grpc', te: 'trailers' })
  let got = ''
  let trailers
  stream.on('data', d => { got += d })
  stream.on('trailers', t => { trailers = t })
  for (const word of ['one', 'two', 'three']) {
    stream.write(word)
    await waitFor(() => got.includes(`<${word}>`), { within: 5000, what: `${word} comes back while the request is open` })
  }
  stream.end()
  await waitFor(() => trailers, { within: 5000, what: 'trailers' })
  eq([got, trailers['grpc-status'], trailers['grpc-message']], ['<one><two><three>', '0', 'trailers'])
  eq(origin.sessions.length, 1)
  client.close()
})

scene('streams beyond the bound use more connections; the origin\'s own bound counts', async s => {
  const held = []
  const { origin, edge } = await world(s, stream => { held.push(stream) }, { more: { origin_h2_max_streams: 4 } })
  const client = session(edge)
  const asked = Array.from({ length: 10 }, (_, i) => client.get(`/${i}`))
  await waitFor(() => held.length === 10, { within: 10000, what: 'all are asked' })
  ok(origin.sessions.length >= 3, String(origin.sessions.length))
  for (const stream of held) { stream.respond({ 'cache-control': 'no-store' }); stream.end('ok') }
  for (const r of await Promise.all(asked)) eq(r.text, 'ok')
  client.close()
})

scene('GOAWAY, refused streams and dead connections: safe requests come through, others fail once', async s => {
  const { origin, edge } = await world(s, (stream, h, o) => {
    const first = o.asked.filter(x => x[':path'] === h[':path']).length === 1
    if (h[':path'] === '/refused' && first) { stream.close(http2.constants.NGHTTP2_REFUSED_STREAM); return }
    if (h[':path'] === '/dies' && first) { stream.session.destroy(); return }
    if (h[':path'] === '/cut') { stream.respond({ 'content-length': 100 }); stream.write('half', () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)); return }
    if (h[':path'] === '/bye') { stream.session.goaway(0, stream.id) }
    stream.respond({ 'cache-control': 'no-store' })
    stream.end('fine')
  }, { config: { node: { workers: '1' } } }) // each worker has connections of its own, and a request on a first one is not repeated
  const get = path => edge.get(path, { secure: {} })
  eq((await get('/')).text, 'fine')
  eq((await get('/refused')).text, 'fine')
  eq((await edge.request('POST', '/refused2', { secure: {}, body: 'x' })).text, 'fine')
  eq((await get('/dies')).text, 'fine')
  eq(origin.asked.filter(h => h[':path'] === '/dies').length, 2)
  eq((await get('/bye')).text, 'fine')
  eq((await get('/after')).text, 'fine')
  const cut = await get('/cut').catch(e => e)
  ok(cut instanceof Error, 'a cut answer shows as cut')
  eq((await get('/still')).text, 'fine')
})

scene('an origin that never answers, and one that asks for HTTP/1.1', async s => {
  const { origin, edge } = await world(s, (stream, h) => {
    if (h[':path'] === '/h1') stream.close(http2.constants.NGHTTP2_HTTP_1_1_REQUIRED)
    else if (h[':path'] === '/ok') { stream.respond(); stream.end('ok') }
  }, { h1: true })
  eq((await edge.get('/ok', { secure: {} })).text, 'ok')
  eq((await edge.get('/h1', { secure: {} })).text, 'h1')
  eq(origin.h1, 1)
})
