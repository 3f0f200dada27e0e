// SPDX-License-Identifier: Apache-2.0
// The cache as visitors and origins see it. The public vectors (tests/suites/cache) cover RFC 9111; here is what is
// the edge's own: eligibility, collapsing, streaming to followers, ranges, rules, stale copies, changes of the plan.
import { scene, eq, ok, sleep, waitFor } from '../lib/scene.mjs'

const css = (body = 'body{}', headers = {}) => ({ headers: { 'Content-Type': 'text/css', 'Cache-Control': 'max-age=60', ...headers }, body })

scene('static files are stored, pages are not', async s => {
  const app = await s.origin({ '/a.CSS': css(), '/robots.txt': 'x', '/page': { headers: { 'Cache-Control': 'max-age=60' }, body: 'x' }, '/plain.js': 'js' })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const twice = async p => [(await edge.get(p)).get('cf-cache-status'), (await edge.get(p)).get('cf-cache-status')]
  eq(await twice('/a.CSS'), ['MISS', 'HIT'])
  eq(await twice('/robots.txt'), ['MISS', 'HIT'])
  eq(await twice('/plain.js'), ['MISS', 'HIT'])
  eq(await twice('/page'), ['DYNAMIC', 'DYNAMIC'])
  eq([app.count('/a.CSS'), app.count('/page')], [1, 2])
  const hit = await edge.get('/a.CSS')
  ok(/^seawall; hit; ttl=\d+$/.test(hit.get('cache-status')), hit.get('cache-status'))
  ok(Number(hit.get('age')) >= 0)
})

scene('HEAD fills the cache and is answered from it', async s => {
  const app = await s.origin({ '/a.css': css('hello') })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const h = await edge.request('HEAD', '/a.css')
  eq([h.status, h.get('content-length'), h.text, app.last.method], [200, '5', '', 'GET'])
  await waitFor(async () => (await edge.get('/a.css')).get('cf-cache-status') === 'HIT')
  eq(app.count(), 1)
})

scene('many visitors, one fetch; followers are served while it runs', async s => {
  let go
  const gate = new Promise(resolve => { go = resolve })
  const app = await s.origin(async (q, reply) => {
    await reply.raw('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 200000\r\n\r\n')
    await reply.raw(Buffer.alloc(100000, 'a'))
    await gate
    await reply.raw(Buffer.alloc(100000, 'b'))
  })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const clients = []
  for (let i = 0; i < 20; i++) clients.push(await s.client(edge, { host: 'www.test' }))
  for (const c of clients) await c.ask('GET', '/big.zip')
  const heads = []
  for (const c of clients) heads.push(await c.response({ head: true }))
  for (const c of clients) eq((await c.wire.take(100000)).length, 100000)
  go()
  for (const c of clients) eq((await c.wire.take(100000)).toString('latin1', 99990), 'bbbbbbbbbb')
  eq(app.count(), 1)
  eq(heads.filter(h => h.get('cf-cache-status') === 'MISS').length, 1)
})

scene('an answer that may not be shared does not serialise its visitors', async s => {
  let open = 0; let most = 0
  const app = await s.origin(async (q, reply) => { most = Math.max(most, ++open); await sleep(150); open--; await reply.send(200, { 'Cache-Control': 'private' }, 'mine') })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const t0 = Date.now()
  const all = await Promise.all(Array.from({ length: 10 }, () => edge.get('/me.png')))
  eq(all.map(r => r.get('cf-cache-status')), Array(10).fill('BYPASS'))
  ok(Date.now() - t0 < 1200, `${Date.now() - t0} ms`)
  ok(most >= 5, `${most} at a time`)
})

scene('the visitor leaves, the object is stored all the same', async s => {
  const app = await s.origin(async (q, reply) => { await reply.raw('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 6\r\n\r\nabc'); await sleep(200); await reply.raw('def') })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const c = await s.client(edge, { host: 'www.test' })
  await c.ask('GET', '/x.css')
  await c.response({ head: true })
  c.reset()
  await sleep(400)
  const r = await edge.get('/x.css')
  eq([r.get('cf-cache-status'), r.text, app.count()], ['HIT', 'abcdef', 1])
})

scene('ranges and conditions are answered from a stored object', async s => {
  const body = Buffer.from(Array.from({ length: 1000 }, (_, i) => 48 + i % 10))
  const app = await s.origin({ '/a.bin': { headers: { 'Cache-Control': 'max-age=60', ETag: '"v1"', 'Content-Type': 'application/octet-stream' }, body } })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const range = async (v, more = {}) => edge.get('/a.bin', { headers: { Range: v, ...more } })
  const first = await range('bytes=10-19')
  eq([first.status, first.text, first.get('content-range'), app.last.get('range')], [206, '0123456789', 'bytes 10-19/1000', undefined])
  eq((await range('bytes=-5')).text, '56789')
  eq((await range('bytes=995-')).get('content-range'), 'bytes 995-999/1000')
  const none = await range('bytes=1000-')
  eq([none.status, none.get('content-range'), none.text], [416, 'bytes */1000', ''])
  const many = await range('bytes=0-1,5-6')
  eq(many.status, 206)
  const boundary = /boundary=(\w+)/.exec(many.get('content-type'))[1]
  eq(many.text, `--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 0-1/1000\r\n\r\n01\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 5-6/1000\r\n\r\n56\r\n--${boundary}--\r\n`)
  eq((await range('bytes=0-1', { 'If-Range': '"old"' })).status, 200)
  eq((await range('pages=1')).status, 200)
  const not = await edge.get('/a.bin', { headers: { 'If-None-Match': '"v1"' } })
  eq([not.status, not.text, not.get('etag')], [304, '', '"v1"'])
  eq((await edge.get('/a.bin', { headers: { 'If-Match': '"v2"' } })).status, 412)
  eq(app.count(), 1)
})

scene('a stale copy is confirmed with its validator', async s => {
  const app = await s.origin((q, reply) => q.get('if-none-match') === '"1"' ? reply.send(304, { ETag: '"1"', 'Cache-Control': 'max-age=1' }) : reply.send(200, { ETag: '"1"', 'Cache-Control': 'max-age=1' }, 'v1'))
  const edge = await s.edge({ hosts: { 'www.test': app }, config: { node: { workers: 1 } } })
  eq((await edge.get('/a.css')).get('cf-cache-status'), 'MISS')
  await sleep(2100)
  const r = await edge.get('/a.css')
  eq([r.get('cf-cache-status'), r.text, app.count(), app.connections], ['REVALIDATED', 'v1', 2, 1])
  eq((await edge.get('/a.css')).get('cf-cache-status'), 'HIT')
})

scene('stale-while-revalidate and stale-if-error', async s => {
  let version = 1; let fail = false
  const app = await s.origin((q, reply) => fail ? reply.send(500, {}, 'broken') : reply.send(200, { 'Cache-Control': q.path === '/swr.css' ? 'max-age=1, stale-while-revalidate=60' : 'max-age=1, stale-if-error=60' }, `v${version}`))
  const edge = await s.edge({ hosts: { 'www.test': app } })
  await edge.get('/swr.css'); await edge.get('/sie.css')
  version = 2
  await sleep(2100)
  const r = await edge.get('/swr.css')
  eq([r.get('cf-cache-status'), r.text], ['UPDATING', 'v1'])
  await waitFor(async () => { const x = await edge.get('/swr.css'); return x.text === 'v2' && x.get('cf-cache-status') === 'HIT' })
  fail = true
  const e = await edge.get('/sie.css')
  eq([e.status, e.get('cf-cache-status'), e.text], [200, 'STALE', 'v1'])
  await app.stop()
  eq((await edge.get('/sie.css')).get('cf-cache-status'), 'STALE')
})

scene('a successful POST makes the stored copy of its target invalid', async s => {
  let n = 0
  const app = await s.origin((q, reply) => reply.send(200, { 'Cache-Control': 'max-age=60' }, `${++n}`))
  const edge = await s.edge({ hosts: { 'www.test': app } })
  eq((await edge.get('/a.css')).text, '1')
  eq((await edge.get('/a.css')).text, '1')
  await edge.request('POST', '/a.css', { body: 'x' })
  eq((await edge.get('/a.css')).text, '3')
})

scene('rules of the plan: everything, nothing, TTL by status, browser TTL', async s => {
  const app = await s.origin({ '/p': 'page', '/e': { status: 500, body: 'err' }, '/c': { headers: { 'Set-Cookie': 'a=b' }, body: 'c' }, '/a.css': css() })
  const host = (name, cache) => ({ name, origins: [app.address], cache })
  const edge = await s.edge({ plan: [{ kind: 'zone', name: 'test', hosts: [
    host('all.test', { cache: true, edge_ttl: { mode: 'override_origin', default: 60, status_code_ttl: [{ status_code_range: { from: 500, to: 599 }, value: -1 }] }, browser_ttl: { mode: 'override_origin', default: 120 } }),
    host('none.test', { cache: false })
  ] }] })
  const two = async (host, path) => { const a = await edge.get(path, { host }); const b = await edge.get(path, { host }); return [a.get('cf-cache-status'), b.get('cf-cache-status')] }
  eq(await two('all.test', '/p'), ['MISS', 'HIT'])
  eq((await edge.get('/p', { host: 'all.test' })).get('cache-control'), 'max-age=120')
  eq(await two('all.test', '/e'), ['BYPASS', 'BYPASS'])
  eq(await two('all.test', '/c'), ['MISS', 'HIT'])
  eq((await edge.get('/c', { host: 'all.test' })).get('set-cookie'), undefined)
  eq(await two('none.test', '/a.css'), ['DYNAMIC', 'DYNAMIC'])
})

scene('a cookie in the answer keeps it out of the cache', async s => {
  const app = await s.origin({ '/a.css': css('x', { 'Set-Cookie': 'id=1' }) })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const r = await edge.get('/a.css')
  eq([r.get('cf-cache-status'), r.get('set-cookie')], ['BYPASS', 'id=1'])
  eq((await edge.get('/a.css')).get('cf-cache-status'), 'BYPASS')
})

scene('an answer of unknown length that outgrows the cache still arrives whole', async s => {
  const piece = Buffer.alloc(65536, 'z')
  const app = await s.origin(async (q, reply) => { await reply.head(200, { 'Cache-Control': 'max-age=60' }); for (let i = 0; i < 64; i++) await reply.chunk(piece); await reply.end() })
  const edge = await s.edge({ hosts: { 'www.test': app }, config: { limits: { cache_object_bytes_max: '1M' } } })
  for (let i = 0; i < 2; i++) {
    const r = await edge.get('/big.zip')
    eq(r.body.length, 64 * 65536)
  }
  eq(app.count(), 2)
  eq((await edge.get('/big.zip', { headers: { Range: 'bytes=0-3' } })).status, 200)
})

scene('memory stays within its bound', async s => {
  const app = await s.origin((q, reply) => reply.send(200, { 'Cache-Control': 'max-age=60' }, Buffer.alloc(100000, 'x')))
  const edge = await s.edge({ hosts: { 'www.test': app }, config: { limits: { cache_bytes_max: '4M', cache_object_bytes_max: '1M' } } })
  const c = await s.client(edge, { host: 'www.test' })
  for (let i = 0; i < 200; i++) eq((await c.get(`/${i}.css`)).body.length, 100000)
  eq((await c.get('/199.css')).get('cf-cache-status'), 'HIT')
  eq((await c.get('/0.css')).get('cf-cache-status'), 'MISS')
})

scene('variants by Vary', async s => {
  const app = await s.origin((q, reply) => reply.send(200, { 'Cache-Control': 'max-age=60', Vary: 'Accept-Language' }, q.get('accept-language') || 'none'))
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const ask = async l => { const r = await edge.get('/a.css', { headers: l ? { 'Accept-Language': l } : {} }); return [r.text, r.get('cf-cache-status')] }
  eq(await ask('de'), ['de', 'MISS'])
  eq(await ask('fr'), ['fr', 'MISS'])
  eq(await ask(), ['none', 'MISS'])
  eq(await ask('de'), ['de', 'HIT'])
  eq(await ask('fr'), ['fr', 'HIT'])
})

scene('a stored answer cannot be poisoned by a header that the origin believes', async s => {
  const app = await s.origin((q, reply) => reply.send(200, { 'Cache-Control': 'max-age=60' }, `<script src=//${q.get('x-forwarded-host') || q.get('host')}/>`))
  const edge = await s.edge({ hosts: { 'www.test': app } })
  await edge.get('/a.js', { headers: { 'X-Forwarded-Host': 'evil.test' } })
  eq((await edge.get('/a.js')).text, '<script src=//www.test/>')
})

scene('when the origin fails, everybody who waited gets the stale copy at once', async s => {
  let down = false
  const app = await s.origin(async (q, reply) => { if (down) { await sleep(200); return reply.reset() } await reply.send(200, { 'Cache-Control': 'max-age=1, stale-if-error=60' }, 'old') })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  eq((await edge.get('/a.css')).text, 'old')
  await sleep(2100)
  down = true
  const t0 = Date.now()
  const all = await Promise.all(Array.from({ length: 10 }, () => edge.get('/a.css')))
  eq(all.map(r => [r.text, r.get('cf-cache-status')]), Array(10).fill(['old', 'STALE']))
  ok(Date.now() - t0 < 1500, `${Date.now() - t0} ms`)
})
