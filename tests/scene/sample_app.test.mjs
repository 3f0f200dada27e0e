// SPDX-License-Identifier: Apache-2.0
// `seawall sample-app`, path by path, and with it the HTTP/1 sessions it stands on.
import { spawn, spawnSync } from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import zlib from 'node:zlib'
import { PROGRAM } from '../lib/edge.mjs'
import { scene, eq, ok, assert, sleep, inTime, waitFor, ms, SLOW } from '../lib/scene.mjs'

/** A running app; s.client(app) connects to it. */
async function start (s, ...args) {
  const app = { host: 'app.test', output: '', errors: '' }
  app.child = spawn(PROGRAM, ['sample-app', '--listen', '127.0.0.1:0', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  app.child.stdout.on('data', d => { app.output += d })
  app.child.stderr.on('data', d => { app.errors += d })
  app.ended = new Promise(resolve => app.child.once('close', (status, signal) => resolve({ status, signal })))
  app.stop = async () => {
    app.child.kill('SIGTERM')
    const end = await inTime(app.ended, 5000, 'the end of sample-app').catch(e => { app.child.kill('SIGKILL'); throw e })
    eq([end, app.errors], [{ status: 0, signal: null }, ''])
  }
  s.undo.push(() => app.stopped || app.stop())
  await waitFor(() => app.output.includes('\n'), { what: 'the ready line' })
  app.port = Number(/:(\d+)\/\n$/.exec(app.output)[1])
  return app
}

/** One request on a connection of its own. */
async function ask (s, app, method, target, options) {
  const c = await s.client(app)
  return c.request(method, target, options)
}
const get = (s, app, target, options) => ask(s, app, 'GET', target, options)

/** FNV-1a folded to 32 bits, as hash_check32. */
function checksum (bytes) {
  let h = 0xcbf29ce484222325n
  for (const b of Buffer.from(bytes)) h = BigInt.asUintN(64, (h ^ BigInt(b)) * 0x100000001b3n)
  return Number((h ^ (h >> 32n)) & 0xffffffffn).toString(16).padStart(8, '0')
}

/** The bytes of /download and /stream. */
function pattern (n) {
  let period = ''
  for (let at = 0; at < 65520; at += 16) period += at.toString(16).padStart(15, '0') + '\n'
  return Buffer.alloc(n, period)
}

/** Resident bytes of the app. */
const memory = app => Number(/VmRSS:\s*(\d+) kB/.exec(fs.readFileSync(`/proc/${app.child.pid}/status`, 'utf8'))[1]) * 1024

// ---- the command

const run = (...args) => {
  const r = spawnSync(PROGRAM, ['sample-app', ...args], { encoding: 'utf8', timeout: ms(10000) })
  return [r.status, r.stdout, r.stderr]
}

scene('--help tells the options and the paths', async () => {
  const [status, out, err] = run('--help')
  eq([status, err], [0, ''])
  for (const word of ['--listen', '--name', '/events', 'SIGTERM']) ok(out.includes(word), word)
})

scene('wrong options give a sentence and status 2', async () => {
  for (const [args, says] of [
    [[], /--listen: this option is needed/], [['--listen'], /--listen: a value is missing/],
    [['--listen', 'localhost:80'], /localhost:80: --listen takes an address and a port/],
    [['--listen=127.0.0.1'], /takes an address and a port/], [['--listen', '127.0.0.1:99999'], /takes an address/],
    [['--listen', '127.0.0.1:0', '--name', 'a b'], /a b: a name has/], [['--port', '1'], /--port: there is no such option/],
    [['--listen', '127.0.0.1:0', '--name='], /a name has/]
  ]) {
    const [status, out, err] = run(...args)
    eq([status, out], [2, ''], JSON.stringify(args))
    assert.match(err, says)
    eq(err.trim().split('\n').length, 1)
  }
})

scene('a port in use is told, with status 1', async s => {
  const app = await start(s)
  const [status, , err] = run('--listen', `127.0.0.1:${app.port}`)
  eq(status, 1)
  assert.match(err, /cannot listen: address already in use/)
})

scene('one line when it is ready; SIGTERM ends it with 0, also with requests under way', async s => {
  const app = await start(s, '--name', 'pier-7')
  eq(app.output, `sample-app "pier-7" on http://127.0.0.1:${app.port}/\n`)
  const slow = await s.client(app); const idle = await s.client(app); const full = await s.client(app)
  await slow.ask('GET', '/slow?ms=300000')
  await idle.get('/')
  full.pause()
  await full.ask('GET', '/download?bytes=4294967296')
  await sleep(100)
  await app.stop()
  app.stopped = true
  eq(await slow.closed(), '')
})

scene('[::1] works as well', async s => {
  const app = await start(s, '--listen', '[::1]:0')
  assert.match(app.output, /on http:\/\/\[::1\]:\d+\/\n$/)
  const c = await s.client({ port: app.port, host: 'app.test' }, { address: '::1' })
  eq((await c.get('/api/headers')).json.client.startsWith('[::1]:'), true)
})

// ---- every answer

scene('every answer carries Date, the name and the count of its path', async s => {
  const app = await start(s, '--name', 'two')
  const c = await s.client(app)
  for (const target of ['/', '/static/app.js', '/api/time', '/form', '/status/204', '/status/503', '/nowhere', '/redirect']) {
    for (const n of ['1', '2']) {
      const r = await c.get(target)
      eq([r.get('x-sample-app'), r.get('x-sample-count')], ['two', n], target)
      ok(Math.abs(Date.parse(r.get('date')) - Date.now()) < 5000, r.get('date'))
    }
  }
  const { paths, total, name } = (await c.get('/counter')).json
  eq([name, total, paths['/'], paths['/status/204'], paths['(not found)'], paths['/counter']], ['two', 17, 2, 2, 2, 1])
})

scene('HEAD is GET without the body, everywhere', async s => {
  const app = await start(s)
  const c = await s.client(app)
  for (const target of ['/', '/static/photo.png', '/api/time', '/api/headers', '/form', '/status/404', '/cookie', '/private',
    '/vary', '/redirect', '/trailers', '/early', '/stream?bytes=5', '/download?bytes=4294967296', '/slow?ms=1',
    '/drip?bytes=9&ms=9', '/events', '/nowhere']) {
    const head = await c.request('HEAD', target)
    eq(head.body.length, 0, target)
    if (/download|drip|events/.test(target)) continue
    const full = await c.get(target)
    eq([head.status, head.get('content-type'), head.get('cache-control')], [full.status, full.get('content-type'), full.get('cache-control')], target)
    if (head.has('content-length') && !/headers|time/.test(target)) eq(head.get('content-length'), full.get('content-length'), target)
  }
  eq((await c.request('HEAD', '/download?bytes=4294967296')).get('content-length'), '4294967296')
})

scene('OPTIONS tells the methods, others are refused with 405', async s => {
  const app = await start(s)
  const c = await s.client(app)
  for (const [target, allow] of [['/', 'GET, HEAD, OPTIONS'], ['/form', 'GET, HEAD, POST, OPTIONS'], ['/upload', 'POST, PUT, OPTIONS'],
    ['*', 'GET, HEAD, POST, PUT, OPTIONS']]) {
    const r = await c.request('OPTIONS', target)
    eq([r.status, r.get('allow')], [204, allow])
  }
  const r = await c.request('DELETE', '/form')
  eq([r.status, r.get('allow')], [405, 'GET, HEAD, POST, OPTIONS'])
  eq((await c.request('HEAD', '/upload')).status, 405)
  eq((await c.request('BREW', '/nowhere')).status, 404)
})

scene('what is not a request gets its status and the connection ends', async s => {
  const app = await start(s)
  for (const [bytes, status] of [['GET / HTTP/1.1\r\n\r\n', 400], ['GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505], [`GET /${'a'.repeat(40000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    ['GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n', 400]]) {
    const c = await s.client(app)
    await c.send(bytes)
    const r = await c.response({ method: 'GET' })
    eq([r.status, r.get('connection')], [status, 'close'])
    assert.match(r.text, /^The request was refused: /)
    eq(await c.closed(), '')
  }
})

// ---- pages and files

scene('the front page needs nothing from elsewhere', async s => {
  const app = await start(s, '--name', 'north')
  const r = await get(s, app, '/')
  eq([r.status, r.get('content-type'), r.get('content-security-policy')], [200, 'text/html; charset=utf-8', "default-src 'self'"])
  ok(r.text.trimEnd().endsWith('</html>'))
  ok(r.text.includes('<dd id="name">north</dd>') && r.text.includes('<dd id="count">1</dd>') && !r.text.includes('{{'))
  for (const [, target] of r.text.matchAll(/(?:src|href)="([^"]*)"/g)) {
    ok(target.startsWith('/'), target)
    eq((await get(s, app, target)).status, 200, target)
  }
  ok(!/<script(?![^>]* src=)|<style| style=| on\w+=/.test(r.text), 'inline code')
})

scene('files have types, validators and a lifetime, and app.js has none', async s => {
  const app = await start(s)
  const other = await start(s)
  for (const [target, type, cache] of [['/static/style.css', 'text/css; charset=utf-8', 'public, max-age=3600'],
    ['/static/app.js', 'text/javascript; charset=utf-8', undefined], ['/static/logo.svg', 'image/svg+xml', 'public, max-age=3600'],
    ['/static/photo.png', 'image/png', 'public, max-age=3600']]) {
    const r = await get(s, app, target); const o = await get(s, other, target)
    eq([r.status, r.get('content-type'), r.get('cache-control')], [200, type, cache])
    assert.match(r.get('etag'), /^"[0-9a-f-]+"$/)
    eq([r.get('etag'), r.get('last-modified'), r.text], [o.get('etag'), o.get('last-modified'), o.text])
    const etag = r.get('etag'); const date = r.get('last-modified')
    const tries = [[{ 'If-None-Match': etag }, 304], [{ 'If-None-Match': `"x", W/${etag}` }, 304], [{ 'If-None-Match': '*' }, 304],
      [{ 'If-None-Match': '"x"' }, 200], [{ 'If-None-Match': '"x"', 'If-Modified-Since': date }, 200], [{ 'If-Modified-Since': date }, 304],
      [{ 'If-Modified-Since': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 200], [{ 'If-Modified-Since': 'yesterday' }, 200]]
    for (const [headers, status] of tries) {
      const again = await get(s, app, target, { headers })
      eq([again.status, again.get('etag'), again.get('cache-control')], [status, etag, cache], JSON.stringify(headers))
    }
  }
  eq((await get(s, app, '/static/')).status, 404)
  eq((await get(s, app, '/static/../sample.c')).status, 404)
})

scene('the photo is a real PNG', async s => {
  const app = await start(s)
  const png = (await get(s, app, '/static/photo.png')).body
  ok(png.length > 10000 && png.length < 61000, String(png.length))
  eq(png.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n')
  const seen = []
  for (let at = 8; at < png.length;) {
    const n = png.readUInt32BE(at); const type = png.toString('latin1', at + 4, at + 8); const data = png.subarray(at + 8, at + 8 + n)
    eq(crc32(png.subarray(at + 4, at + 8 + n)), png.readUInt32BE(at + 8 + n), type)
    if (type === 'IDAT') eq(zlib.inflateSync(data).length, 321 * 180)
    seen.push(type)
    at += 12 + n
  }
  eq(seen, ['IHDR', 'PLTE', 'IDAT', 'IEND'])
})

function crc32 (bytes) {
  let c = 0xffffffff
  for (const b of bytes) {
    c ^= b
    for (let i = 0; i < 8; i++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0)
  }
  return ~c >>> 0
}

scene('the form shows what arrived, escaped', async s => {
  const app = await start(s)
  const c = await s.client(app)
  ok((await c.get('/form')).text.includes('<form method="post" action="/form">'))
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const r = await c.request('POST', '/form', { headers, body: 'guest=%3Cb%3E%26+M%C3%B6we&&seats=2&odd=%zz%4&"q\'&e' })
  eq(r.status, 200)
  for (const row of ['<th scope="row">guest</th><td>&lt;b&gt;&amp; Möwe</td>', '<th scope="row">seats</th><td>2</td>', '<td>%zz%4</td>',
    '<th scope="row">&quot;q&#39;</th><td></td>', '<th scope="row">e</th><td></td>']) ok(r.text.includes(row), row)
  eq((await c.request('POST', '/form', { headers, chunked: true, body: ['gue', 'st=ch', 'unks'] })).text.includes('<td>chunks</td>'), true)
  eq((await c.request('POST', '/form', { headers, body: '' })).status, 200)
  eq((await c.request('POST', '/form', { headers, body: '"&'.repeat(8192) })).status, 200)
  eq((await c.request('POST', '/form', { headers, body: 'a&'.repeat(8192) })).text.match(/<tr>/g).length, 8192)
  eq((await ask(s, app, 'POST', '/form', { body: 'a=b' })).status, 415)
  const large = await s.client(app)
  eq((await large.request('POST', '/form', { headers, body: 'a'.repeat(16385) })).status, 413)
  await large.ask('POST', '/form', { headers: { ...headers, 'Content-Length': 1e9 } })
  await large.send('a'.repeat(16385))
  const refused = await large.response()
  eq([refused.status, refused.get('connection'), await large.closed()], [413, 'close', ''])
})

scene('small answers', async s => {
  const app = await start(s)
  const c = await s.client(app)
  const cookie = await c.get('/cookie', { headers: { Cookie: 'berth=6' } })
  assert.match(cookie.get('set-cookie'), /^berth=7; Path=\/; HttpOnly/)
  ok(cookie.text.includes('berth=6'))
  eq((await c.get('/private')).get('cache-control'), 'private, max-age=60')
  for (const [wish, language, word] of [[undefined, 'en', 'Hello'], ['de-CH, en', 'de', 'Moin'], ['xx, fr;q=0.8, de', 'fr', 'Bonjour'], ['xx', 'en', 'Hello']]) {
    const r = await c.get('/vary', { headers: { 'Accept-Language': wish } })
    eq([r.get('vary'), r.get('content-language'), r.text.split(' ')[0]], ['Accept-Language', language, word])
  }
  const moved = await c.get('/redirect')
  eq([moved.status, moved.get('location')], [302, '/'])
})

scene('/status/NNN answers that status', async s => {
  const app = await start(s)
  const c = await s.client(app)
  for (const status of [200, 201, 204, 205, 301, 304, 404, 418, 429, 500, 503, 599]) {
    const r = await c.get(`/status/${status}`)
    eq(r.status, status)
    eq(r.body.length > 0, ![204, 205, 304].includes(status), String(status))
  }
  for (const wrong of ['/status/100', '/status/600', '/status/20', '/status/2000', '/status/', '/status/abc']) eq((await c.get(wrong)).status, 404, wrong)
})

// ---- JSON

scene('/api/time is never stored', async s => {
  const app = await start(s, '--name', 'clock')
  const r = await get(s, app, '/api/time')
  eq([r.get('content-type'), r.get('cache-control'), r.json.name, r.json.count], ['application/json', 'no-store', 'clock', 1])
  ok(Math.abs(r.json.unix_ms - Date.now()) < 5000 && r.json.time === r.get('date'))
})

scene('/api/headers tells everything that arrived, in order', async s => {
  const app = await start(s)
  const c = await s.client(app)
  const headers = [['X-A', '1'], ['x-a', '"2"\\'], ['X-Latin', 'caf\xe9'], ['X-Utf', Buffer.from('é').toString('latin1')], ['X-Empty', '']]
  const r = await c.get('/api/headers?q=%20', { headers })
  eq([r.json.method, r.json.target, r.json.version, r.json.headers.slice(0, 3)], ['GET', '/api/headers?q=%20', '1.1', [['Host', 'app.test'], ['X-A', '1'], ['x-a', '"2"\\']]])
  eq(r.json.headers.slice(3), [['X-Latin', 'caf\xe9'], ['X-Utf', 'é'], ['X-Empty', '']])
  const large = await c.get('/api/headers', { headers: Array.from({ length: 200 }, (_, i) => [`X-${i}`, '\xe9"'.repeat(300)]) })
  eq([large.json.headers.length, large.json.headers[200]], [201, ['X-199', '\xe9"'.repeat(300)]])
})

scene('/upload sums up what arrives, whatever the framing', async s => {
  const app = await start(s)
  const c = await s.client(app)
  const body = crypto.randomBytes(300000)
  const want = { bytes: body.length, checksum: checksum(body), name: 'one' }
  eq((await c.request('POST', '/upload', { body })).json, want)
  eq((await c.request('PUT', '/upload', { body })).json, want)
  eq((await c.request('POST', '/upload', { chunked: true, body: [body.subarray(0, 1), body.subarray(1, 70000), body.subarray(70000)], trailers: { 'X-T': '1' } })).json, want)
  eq((await c.request('POST', '/upload', { chunked: true, body: [] })).json.bytes, 0)
  eq((await c.request('POST', '/upload', { body: '' })).json.bytes, 0)
  eq((await c.request('POST', '/upload')).json, { bytes: 0, checksum: checksum(''), name: 'one' })
  await c.ask('POST', '/upload', { headers: { Expect: '100-continue', 'Content-Length': 3 } })
  await sleep(50)
  await c.send('abc')
  const r = await c.response()
  eq([r.interim.map(i => i.status), r.json.checksum], [[100], checksum('abc')])
})

scene('an upload that is broken off or malformed does no harm', async s => {
  const app = await start(s)
  const cut = await s.client(app)
  await cut.ask('POST', '/upload', { headers: { 'Content-Length': 1000 } })
  await cut.send('half')
  cut.reset()
  const half = await s.client(app)
  await half.ask('POST', '/upload', { headers: { 'Content-Length': 1000 } })
  await half.send('half')
  half.finish()
  await half.closed()
  const bad = await s.client(app)
  await bad.send('POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n')
  eq((await bad.response({ method: 'POST' })).status, 400)
  eq(await bad.closed(), '')
  eq((await get(s, app, '/')).status, 200)
})

scene('a large upload passes without being collected', async s => {
  const app = await start(s)
  const c = await s.client(app)
  const bytes = 100e6; const part = Buffer.alloc(1e6, 'x')
  await c.ask('POST', '/upload', { headers: { 'Content-Length': bytes } })
  for (let i = 0; i < 100; i++) await c.send(part)
  eq((await c.response({ within: 30000 })).json.bytes, bytes)
  ok(memory(app) < 50e6 * SLOW, `${memory(app)} bytes in memory`)
})

// ---- answers that take their time

scene('/download and /stream send the counting pattern', async s => {
  const app = await start(s)
  const c = await s.client(app)
  for (const n of [0, 1, 15, 16384, 16385, 65519, 65520, 65521, 262144, 3000001]) {
    const d = await c.get(`/download?bytes=${n}`)
    eq([d.framing, d.get('content-type')], [n, 'application/octet-stream'])
    ok(d.body.equals(pattern(n)), `/download ${n}`)
    const t = await c.get(`/stream?bytes=${n}`)
    eq(t.framing, 'chunked')
    ok(t.body.equals(pattern(n)), `/stream ${n}`)
  }
  eq((await c.get('/download')).body.length, 1048576)
  for (const wrong of ['-1', '4294967297', '1x', '']) eq((await c.get(`/download?bytes=${wrong}`)).status, 400, wrong)
})

scene('HTTP/1.0 gets a stream that ends with the connection', async s => {
  const app = await start(s)
  const c = await s.client(app)
  const r = await c.get('/stream?bytes=700000', { version: '1.0' })
  eq([r.framing, r.body.equals(pattern(700000))], ['close', true])
})

scene('a client that stops reading stops the download, and others go on', async s => {
  const app = await start(s)
  const bytes = 50000000
  for (const [target, more] of [[`/download?bytes=${bytes}`, 0], [`/stream?bytes=${bytes}`, 1000]]) {
    const lazy = net.connect(app.port, '127.0.0.1')
    s.undo.push(() => lazy.destroy())
    let got = 0
    lazy.pause()
    lazy.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    lazy.on('data', d => { got += d.length })
    lazy.pause()
    await sleep(200)
    eq((await get(s, app, '/')).status, 200)
    ok(memory(app) < 100e6 * SLOW, `${memory(app)} bytes in memory`)
    lazy.resume()
    await waitFor(() => got >= bytes + more, { what: 'the rest of the download', within: 20000 })
  }
})

scene('pipelined requests are answered in order, behind long and late answers too', async s => {
  const app = await start(s)
  const c = await s.client(app)
  const targets = ['/download?bytes=20000000', '/api/time', '/stream?bytes=5000000', '/slow?ms=100', '/drip?bytes=3&ms=20', '/status/404', '/static/photo.png', '/', '/events?n=1', '/early']
  await c.send(targets.map(t => `GET ${t} HTTP/1.1\r\nHost: app.test\r\n\r\n`).join(''))
  for (const t of targets) {
    const r = await c.response({ method: 'GET' })
    eq(r.status, t === '/status/404' ? 404 : 200, t)
  }
  ok(c.idle)
})

scene('a pipelined upload behind a download, in pieces', async s => {
  const app = await start(s)
  const c = await s.client(app)
  c.pause()
  await c.send('GET /download?bytes=9000000 HTTP/1.1\r\nHost: a\r\n\r\nPOST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n')
  c.send('y'.repeat(200000))
  await sleep(100)
  c.resume()
  eq((await c.response({ method: 'GET' })).body.length, 9000000)
  eq((await c.response({ method: 'POST' })).json.bytes, 200000)
  eq((await c.get('/')).status, 200)
})

scene('/slow waits as long as it is asked to', async s => {
  const app = await start(s)
  const c = await s.client(app)
  const began = Date.now()
  eq((await c.get('/slow?ms=300')).status, 200)
  ok(Date.now() - began >= 295, `${Date.now() - began} ms`)
  eq((await c.get('/slow?ms=0')).status, 200)
  eq((await c.get('/slow?ms=300001')).status, 400)
  const half = await s.client(app)
  await half.ask('GET', '/slow?ms=100')
  half.finish()
  eq((await half.response()).status, 200)
})

scene('/drip sends a byte at a time', async s => {
  const app = await start(s)
  const c = await s.client(app)
  await c.ask('GET', '/drip?bytes=5&ms=60')
  const r = await c.response({ head: true })
  eq(r.framing, 5)
  const began = Date.now()
  await c.wire.need(1, 'the first byte')
  ok(c.wire.parts.length < 5, 'all at once')
  eq((await c.body(r)).text, '.....')
  ok(Date.now() - began >= 150)
  eq((await c.get('/drip?bytes=0')).text, '')
})

scene('/events sends an event each second until the client leaves', async s => {
  const app = await start(s)
  const c = await s.client(app)
  await c.ask('GET', '/events')
  const r = await c.response({ head: true })
  eq([r.status, r.get('content-type'), r.framing], [200, 'text/event-stream', 'chunked'])
  const began = Date.now(); const seen = []
  for await (const event of c.chunks()) {
    seen.push(event.toString())
    if (seen.length === 3) break
  }
  eq(seen, [1, 2, 3].map(n => `event: tide\nid: ${n}\ndata: ${n}\n\n`))
  ok(Date.now() - began >= 1900, `${Date.now() - began} ms`)
  c.close()
  const two = await get(s, app, '/events?n=2')
  eq(two.chunks.length, 2)
  await sleep(2200) // the first client is gone: its next events break the connection, which must do no harm
  eq((await get(s, app, '/')).status, 200)
})

scene('/trailers announces and sends them', async s => {
  const app = await start(s)
  const r = await get(s, app, '/trailers')
  eq(r.get('trailer'), 'X-Sample-Checksum, X-Sample-Bytes')
  eq([r.trailers.get('x-sample-checksum'), r.trailers.get('x-sample-bytes')], [checksum(r.body), String(r.body.length)])
})

scene('/early sends 103 before its answer', async s => {
  const app = await start(s)
  const r = await get(s, app, '/early')
  eq(r.interim.map(i => [i.status, i.headers.get('link')]), [[103, '</static/style.css>; rel=preload; as=style']])
  eq([r.status, r.get('link')], [200, '</static/style.css>; rel=preload; as=style'])
  eq((await get(s, app, '/early', { version: '1.0' })).interim, [])
})

scene('many clients at once', async s => {
  const app = await start(s)
  const clients = await Promise.all(Array.from({ length: 100 }, () => s.client(app)))
  const targets = ['/', '/static/photo.png', '/stream?bytes=300000', '/download?bytes=300000', '/slow?ms=30', '/drip?bytes=5&ms=5']
  for (let round = 0; round < 3; round++) {
    await Promise.all(clients.map(async (c, i) => {
      const r = await c.get(targets[(i + round) % targets.length], { within: 30000 })
      eq(r.status, 200)
      if (r.get('content-type') === 'application/octet-stream') ok(r.body.equals(pattern(300000)))
    }))
  }
})

// ---- the sessions below it

const simple = (target, more = '') => `GET ${target} HTTP/1.1\r\nHost: app.test\r\n${more}\r\n`

scene('hundreds of pipelined requests of a client that reads late', async s => {
  const app = await start(s)
  const c = await s.client(app)
  c.pause()
  const targets = Array.from({ length: 1500 }, (_, i) => ['/static/photo.png', '/static/style.css', '/api/time', '/nowhere'][i % 4 && i % 7 ? 1 + i % 3 : 0])
  c.send(targets.map(t => simple(t)).join(''))
  await sleep(200)
  ok(memory(app) < 50e6 * SLOW)
  c.resume()
  for (const t of targets) eq((await c.response({ method: 'GET', within: 30000 })).status, t === '/nowhere' ? 404 : 200)
  ok(c.idle)
})

scene('a client that ends its direction gets all its answers', async s => {
  const app = await start(s)
  for (const last of ['/download?bytes=3000000', '/stream?bytes=3000000', '/slow?ms=100', '/api/time']) {
    const c = await s.client(app)
    await c.send(simple('/') + simple('/download?bytes=3000000') + simple(last))
    c.finish()
    for (let i = 0; i < 3; i++) eq((await c.response({ method: 'GET' })).status, 200)
    eq(await c.closed(), '', last)
  }
})

scene('heads, bodies and trailers byte by byte', async s => {
  const app = await start(s)
  const c = await s.client(app)
  await c.trickle(simple('/api/headers', 'X-A: b\r\n') + 'POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n' +
    '3;x="y"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n' + 'PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello' + simple('/'))
  eq((await c.response({ method: 'GET' })).json.headers, [['Host', 'app.test'], ['X-A', 'b']])
  eq((await c.response({ method: 'POST' })).json, { bytes: 13, checksum: checksum('abc0123456789'), name: 'one' })
  eq((await c.response({ method: 'PUT' })).json.bytes, 5)
  eq((await c.response({ method: 'GET' })).status, 200)
})

scene('a body that nobody wants ends the connection after the answer, without a reset', async s => {
  const app = await start(s)
  for (const head of ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n', 'DELETE /form HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n']) {
    const c = await s.client(app)
    await c.send(head)
    await c.send(Buffer.alloc(300000, 'x'))
    const r = await c.response({ method: 'GET' })
    ok([200, 405].includes(r.status) && r.get('connection') === 'close')
    c.finish()
    eq(await c.closed(), '')
  }
})

// ---- WebSocket

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==' // the example of RFC 6455, section 1.3
const UPGRADE = { Connection: 'keep-alive, Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': KEY }

function frame (op, data = '', { fin = true, mask = crypto.randomBytes(4), rsv = 0, masked = true, length } = {}) {
  const body = Buffer.from(data); const n = length ?? body.length
  const head = [(fin ? 0x80 : 0) | rsv | op]
  const m = masked ? 0x80 : 0
  if (n < 126) head.push(m | n)
  else if (n < 65536) head.push(m | 126, n >> 8, n & 255)
  else head.push(m | 127, 0, 0, 0, 0, n / 2 ** 24 & 255, n >> 16 & 255, n >> 8 & 255, n & 255)
  if (!masked) return Buffer.concat([Buffer.from(head), body])
  return Buffer.concat([Buffer.from(head), mask, body.map((b, i) => b ^ mask[i & 3])])
}

async function socket (s, app) {
  const c = await s.client(app)
  const r = await c.get('/ws', { headers: UPGRADE })
  eq([r.status, r.get('upgrade'), r.get('connection'), r.get('sec-websocket-accept')], [101, 'websocket', 'Upgrade', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='])
  c.message = () => inTime((async () => {
    const [first, second] = await c.wire.take(2, 'a frame')
    ok(first & 0x80 && !(second & 0x80))
    const more = second === 126 ? 2 : second === 127 ? 8 : 0
    const extra = await c.wire.take(more, 'a frame')
    const n = more ? Number('0x' + extra.toString('hex')) : second
    return [first & 15, Buffer.from(await c.wire.take(n, 'a frame'))]
  })(), 10000, 'a message')
  c.text = async (op, data, options) => { await c.send(frame(op, data, options)) }
  return c
}
const closing = code => Buffer.from([code >> 8, code & 255])

scene('a WebSocket sends back what it gets', async s => {
  const app = await start(s)
  const c = await socket(s, app)
  for (const n of [0, 1, 125, 126, 127, 65535, 65536]) {
    const data = crypto.randomBytes(n)
    await c.send(frame(2, data))
    const [op, got] = await c.message()
    eq([op, got.equals(data)], [2, true], String(n))
  }
  await c.send(frame(1, 'Möwe'))
  eq(await c.message(), [1, Buffer.from('Möwe')])
  await c.send(frame(9, 'ping'))
  eq(await c.message(), [10, Buffer.from('ping')])
  await c.send(frame(10, 'pong that nobody asked for'))
  await c.send(Buffer.concat([frame(8, Buffer.concat([closing(4000), Buffer.from('bye')]))]))
  eq(await c.message(), [8, closing(4000)])
  eq(await c.closed(), '')
})

scene('fragments become one message, with control frames between them', async s => {
  const app = await start(s)
  const c = await socket(s, app)
  const e = Buffer.from('é')
  await c.send(Buffer.concat([frame(1, e.subarray(0, 1), { fin: false }), frame(9, '!'), frame(0, '', { fin: false }), frame(0, e.subarray(1))]))
  eq(await c.message(), [10, Buffer.from('!')])
  eq(await c.message(), [1, e])
  await c.trickle(frame(1, 'byte by byte').toString('latin1'))
  eq(await c.message(), [1, Buffer.from('byte by byte')])
  await c.send(frame(8))
  eq(await c.message(), [8, closing(1000)])
})

scene('frames may come right behind the handshake', async s => {
  const app = await start(s)
  const c = await s.client(app)
  const head = `GET /ws HTTP/1.1\r\nHost: a\r\n${Object.entries(UPGRADE).map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`
  await c.send(Buffer.concat([Buffer.from(head), frame(1, 'early')]))
  eq((await c.response({ method: 'GET' })).status, 101)
  eq((await c.wire.take(7)).toString('latin1'), '\x81\x05early')
})

scene('what the RFC forbids closes with the code that it names', async s => {
  const app = await start(s)
  for (const [what, bytes, code] of [
    ['not masked', frame(1, 'x', { masked: false }), 1002], ['reserved bit', frame(1, 'x', { rsv: 0x40 }), 1002],
    ['unknown code', frame(3, 'x'), 1002], ['unknown control code', frame(11, 'x'), 1002],
    ['continuation of nothing', frame(0, 'x'), 1002], ['fragmented control', frame(9, 'x', { fin: false }), 1002],
    ['new message inside another', Buffer.concat([frame(1, 'x', { fin: false }), frame(1, 'y')]), 1002],
    ['long control', frame(9, 'x'.repeat(126)), 1002], ['not UTF-8', frame(1, Buffer.from([0xc0, 0x80])), 1007],
    ['a surrogate', frame(1, Buffer.from([0xed, 0xa0, 0x80])), 1007], ['65537 bytes', frame(2, '', { length: 65537 }), 1009],
    ['65537 bytes in two', Buffer.concat([frame(2, Buffer.alloc(65536), { fin: false }), frame(0, 'x')]), 1009],
    ['close of one byte', frame(8, 'x'), 1002], ['close with 1005', frame(8, closing(1005)), 1002],
    ['close with 999', frame(8, closing(999)), 1002], ['close with a bad reason', frame(8, Buffer.from([3, 232, 255])), 1007],
    ['length not in its shortest form', Buffer.from([0x81, 0xfe, 0, 5, 0, 0, 0, 0, 1, 2, 3, 4, 5]), 1002]
  ]) {
    const c = await socket(s, app)
    await c.send(bytes)
    eq(await c.message().catch(e => e.message), [8, closing(code)], what)
    eq(await c.closed(), '', what)
  }
})

scene('a WebSocket client that does not read is not read from', async s => {
  const app = await start(s)
  const c = await socket(s, app)
  c.pause()
  const data = Buffer.alloc(65536, 'z'); const one = frame(2, data); const count = 400
  let sent = 0
  const sending = (async () => { for (; sent < count; sent++) await c.send(one) })()
  await sleep(500)
  ok(sent < count, 'all of it was taken')
  c.resume()
  for (let i = 0; i < count; i++) {
    const [op, got] = await c.message()
    if (op !== 2 || !got.equals(data)) assert.fail(`message ${i} is different`)
  }
  await sending
  c.finish()
  eq(await c.closed(), '')
})

scene('/ws refuses what is no WebSocket handshake', async s => {
  const app = await start(s)
  const r = await get(s, app, '/ws')
  eq([r.status, r.get('upgrade'), r.get('sec-websocket-version')], [426, 'websocket', '13'])
  eq((await get(s, app, '/ws', { headers: { ...UPGRADE, 'Sec-WebSocket-Version': '8' } })).status, 426)
  eq((await get(s, app, '/ws', { headers: { ...UPGRADE, 'Sec-WebSocket-Key': 'short' } })).status, 400)
  eq((await get(s, app, '/ws', { headers: { ...UPGRADE, 'Sec-WebSocket-Key': undefined } })).status, 400)
  eq((await get(s, app, '/ws', { headers: { ...UPGRADE, Upgrade: 'h2c' } })).status, 426)
})
