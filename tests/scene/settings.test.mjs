// SPDX-License-Identifier: Apache-2.0
// Settings of a zone as visitors and origins see them.
import { scene, eq, ok } from '../lib/scene.mjs'

const asset = (headers = {}) => ({ headers: { 'Content-Type': 'text/css', ...headers }, body: 'body{}' })
const cached = r => r.get('cf-cache-status')

scene('cache_level: bypass stores nothing, cache_everything stores pages, a cache rule goes before both', async s => {
  const app = await s.origin({ '/a.css': asset(), '/page': 'x' })
  const hosts = { 'www.test': app, 'rule.test': { origins: [app], cache: { cache: true } } }
  const edge = await s.edge({ hosts, more: { cache_level: 'bypass' } })
  eq([cached(await edge.get('/a.css')), cached(await edge.get('/a.css'))], ['DYNAMIC', 'DYNAMIC'])
  eq([cached(await edge.get('/page', { host: 'rule.test' })), cached(await edge.get('/page', { host: 'rule.test' }))], ['MISS', 'HIT'])
  const all = await s.edge({ hosts, more: { cache_level: 'cache_everything' } })
  eq([cached(await all.get('/page')), cached(await all.get('/page'))], ['MISS', 'HIT'])
})

scene('development mode bypasses the cache until its time is over', async s => {
  const app = await s.origin({ '/a.css': asset() })
  const edge = await s.edge({ hosts: { 'www.test': app }, more: { development_until: Math.floor(Date.now() / 1000) + 3600 } })
  eq([cached(await edge.get('/a.css')), cached(await edge.get('/a.css'))], ['DYNAMIC', 'DYNAMIC'])
  eq((await edge.logged({ path: '/a.css' })).detail, 'development mode')
  const over = await s.edge({ hosts: { 'www.test': app }, more: { development_until: Math.floor(Date.now() / 1000) - 1 } })
  eq([cached(await over.get('/a.css')), cached(await over.get('/a.css'))], ['MISS', 'HIT'])
})

scene('browser_cache_ttl lengthens what browsers are told, of cached answers only', async s => {
  const app = await s.origin({
    '/none.css': asset(),
    '/short.css': asset({ 'Cache-Control': 'public, max-age=60' }),
    '/long.css': asset({ 'Cache-Control': 'max-age=9000' }),
    '/mine.css': asset({ 'Cache-Control': 'private, max-age=60' }),
    '/page': asset({ 'Cache-Control': 'max-age=60' })
  })
  const edge = await s.edge({ hosts: { 'www.test': app }, more: { browser_cache_ttl: 7200 } })
  const told = async p => { const r = await edge.get(p); return [cached(r), r.get('cache-control')] }
  eq(await told('/none.css'), ['MISS', 'max-age=7200'])
  eq(await told('/none.css'), ['HIT', 'max-age=7200'])
  eq(await told('/short.css'), ['MISS', 'public, max-age=7200'])
  eq(await told('/long.css'), ['MISS', 'max-age=9000'])
  eq(await told('/mine.css'), ['BYPASS', 'private, max-age=60'])
  eq(await told('/page'), ['DYNAMIC', 'max-age=60'])
})

scene('sort_query_string_for_cache: one copy whatever the order of parameters', async s => {
  const app = await s.origin((q, reply) => reply.send(200, { 'Cache-Control': 'max-age=60' }, q.url))
  const edge = await s.edge({ hosts: { 'www.test': app }, more: { sort_query_string_for_cache: true } })
  eq(cached(await edge.get('/a.css?b=1&a=2')), 'MISS')
  eq(cached(await edge.get('/a.css?a=2&b=1')), 'HIT')
  eq(cached(await edge.get('/a.css?a=2&b=2')), 'MISS')
})

scene('what an origin is told of the visitor', async s => {
  const app = await s.origin({ '/': 'x' })
  const edge = await s.edge({ hosts: { 'www.test': app }, more: { true_client_ip_header: true, pseudo_ipv4: 'overwrite_header' } })
  await edge.get('/', { headers: { 'True-Client-IP': '9.9.9.9', 'CF-Pseudo-IPv4': '9.9.9.9' } })
  const seen = n => app.last.headers.get(n)
  eq([seen('true-client-ip'), seen('cf-connecting-ip'), seen('cf-pseudo-ipv4')], ['127.0.0.1', '127.0.0.1', undefined])
})

scene('pseudo_ipv4 shows an IPv4 address for an IPv6 visitor', async s => {
  const app = await s.origin({ '/': 'x' })
  const seen = async pseudo_ipv4 => {
    const edge = await s.edge({ hosts: { 'www.test': app }, more: { pseudo_ipv4 }, listen: ['[::1]:PORT'] })
    const c = await s.client(edge, { host: 'www.test', address: '::1' })
    eq((await c.get('/')).status, 200)
    return n => app.last.headers.get(n)
  }
  const over = await seen('overwrite_header')
  const shown = over('cf-connecting-ip')
  ok(/^2(4\d|5[0-5])\.\d+\.\d+\.\d+$/.test(shown), shown)
  eq([over('cf-connecting-ipv6'), over('x-forwarded-for')], ['::1', shown])
  const add = await seen('add_header')
  eq([add('cf-connecting-ip'), add('cf-pseudo-ipv4'), add('cf-connecting-ipv6')], ['::1', shown, undefined])
})

scene('502 and 504 of an origin pass, or are replaced by a page of the edge', async s => {
  const app = await s.origin({ '/502': { status: 502, body: 'upstream says' }, '/504': { status: 504, body: 'late' }, '/500': { status: 500, body: 'own' } })
  const pass = await s.edge({ hosts: { 'www.test': app } })
  eq([(await pass.get('/502')).text, (await pass.get('/504')).text], ['upstream says', 'late'])
  const edge = await s.edge({ hosts: { 'www.test': app }, more: { origin_error_page_pass_thru: false } })
  const r = await edge.get('/502')
  eq([r.status, r.text.includes('upstream says'), r.get('retry-after'), r.get('cf-cache-status')], [502, false, '60', undefined])
  eq((await edge.get('/504')).status, 504)
  eq((await edge.get('/500')).text, 'own')
  eq((await edge.logged({ path: '/502' })).error, 'ERR_ORIGIN_GATEWAY')
})

scene('always_online for the whole zone: a stale copy when the origin is gone', async s => {
  const app = await s.origin({ '/a.css': asset({ 'Cache-Control': 'max-age=0' }) })
  const edge = await s.edge({ hosts: { 'www.test': app, 'not.test': { origins: [app], always_online: false } }, more: { always_online: true } })
  eq([cached(await edge.get('/a.css')), cached(await edge.get('/a.css', { host: 'not.test' }))], ['MISS', 'MISS'])
  await app.stop()
  const r = await edge.get('/a.css')
  eq([r.status, cached(r), r.text], [200, 'STALE', 'body{}'])
  eq((await edge.get('/a.css', { host: 'not.test' })).status, 521)
})

scene('websockets off: the upgrade goes on as a plain request', async s => {
  const app = await s.origin((q, reply) => reply.send(200, {}, q.headers.get('upgrade') ?? 'plain'))
  const edge = await s.edge({ hosts: { 'www.test': app }, more: { websockets: false } })
  const c = await s.client(edge, { host: 'www.test' })
  await c.ask('GET', '/', { headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version': '13' } })
  const r = await c.response()
  eq([r.status, r.text], [200, 'plain'])
})

scene('proxy_read_timeout is the time an origin has', async s => {
  const app = await s.origin({ '/': (q, reply) => reply.hang() })
  const edge = await s.edge({ hosts: { 'www.test': app, 'long.test': { origins: [app], timeouts: { first_byte_ms: 60000 } } }, more: { proxy_read_timeout: 1 } })
  eq((await edge.get('/')).status, 524)
})

scene('no origin to ask: 530 with 1016 for a name, 403 for an address that is not asked; fresh copies still answer', async s => {
  const app = await s.origin({ '/a.css': asset({ 'Cache-Control': 'max-age=60' }) })
  const edge = await s.edge({ zone: 'test', hosts: { 'www.test': app } })
  eq(cached(await edge.get('/a.css')), 'MISS')
  const host = (name, code) => ({ name, origin_error: code })
  edge.plan({ kind: 'zone', name: 'test', hosts: [host('www.test', 1016), host('own.test', 1000), host('far.test', 1002)] })
  const json = { headers: { Accept: 'application/json' } }
  let r
  do { r = await edge.get('/', json) } while (r.status !== 530)
  eq([JSON.parse(r.text).error_code, r.get('retry-after')], [1016, '120'])
  eq(JSON.parse((await edge.get('/', { ...json, host: 'own.test' })).text).error_code, 1000)
  eq((await edge.get('/', { ...json, host: 'far.test' })).status, 403)
  eq(cached(await edge.get('/a.css')), 'HIT')
})

scene('an origin without a port is asked on the port of the visitor; some ports do not cache', async s => {
  const port = 8880
  const app = await s.origin({ '/a.css': asset({ 'Cache-Control': 'max-age=60' }) }, { host: '127.73.1.2', port })
  const edge = await s.edge({
    hosts: { 'www.test': '127.73.1.2', 'more.test': { origins: ['127.73.1.2'], cache: { additional_cacheable_ports: [port] } } },
    listen: [`127.73.1.1:${port}`]
  })
  const get = async host => { const c = await s.client({ port }, { host, address: '127.73.1.1' }); return c.get('/a.css') }
  eq([cached(await get('www.test')), cached(await get('www.test'))], ['DYNAMIC', 'DYNAMIC'])
  eq([cached(await get('more.test')), cached(await get('more.test'))], ['MISS', 'HIT'])
  eq((await edge.logged({ host: 'www.test', path: '/a.css' })).detail, 'port does not cache')
})

scene('the API: settings are read, set one by one and together', async s => {
  const edge = await s.edge({ api: true })
  const id = (await edge.call('POST', '/zones', { name: 'example.test' })).result.id
  const path = `/zones/${id}/settings`
  const all = (await edge.call('GET', path)).result
  const value = name => all.find(x => x.id === name)
  ok(all.length > 40)
  eq([value('cache_level').value, value('browser_cache_ttl').value, value('websockets').value, value('cache_level').editable], ['aggressive', 14400, 'on', true])
  eq([value('mirage').value, value('mirage').editable, value('mirage').modified_on], ['off', false, null])

  const one = await edge.call('PATCH', `${path}/cache_level`, { value: 'bypass' })
  eq([one.status, one.result.value, one.result.editable], [200, 'bypass', true])
  ok(/^\d{4}-.*Z$/.test(one.result.modified_on), one.result.modified_on)
  eq((await edge.call('GET', `${path}/cache_level`)).result, one.result)
  const many = await edge.call('PATCH', path, { items: [{ id: 'always_online', value: 'on' }, { id: 'cache_level', value: 'basic', editable: true }] })
  eq(many.result.map(r => [r.id, r.value]), [['always_online', 'on'], ['cache_level', 'basic']])

  const refused = async (target, body) => { const r = await edge.call('PATCH', target, body); return [r.status, r.errors[0].code, r.errors[0].source?.pointer] }
  eq(await refused(`${path}/nothing`, { value: 1 }), [400, 1006, undefined])
  eq(await refused(`${path}/cache_level`, { value: 'most' }), [400, 1007, '/value'])
  eq(await refused(`${path}/cache_level`, {}), [400, 1007, '/value'])
  eq(await refused(`${path}/browser_cache_ttl`, { value: -1 }), [400, 1007, '/value'])
  eq(await refused(`${path}/early_hints`, { value: 'on' }), [400, 1007, '/value'])
  eq(await refused(path, { items: [{ id: 'websockets', value: 'off' }, { id: 'mirage', value: 'on' }] }), [400, 1007, '/items/1/value'])
  eq(await refused(path, { items: [{ id: 'websockets', value: 'off' }, 7] }), [400, 1007, '/items/1'])
  eq(await refused(path, { items: 7 }).then(r => r[0]), 400)
  eq((await edge.call('GET', `${path}/websockets`)).result.value, 'on', 'nothing of a call that fails is kept')
  eq((await edge.call('PATCH', `${path}/early_hints`, { value: 'off' })).status, 200)

  const mode = await edge.call('PATCH', `${path}/development_mode`, { value: 'on' })
  ok(mode.result.time_remaining > 10790 && mode.result.time_remaining <= 10800, mode.result.time_remaining)
  const left = (await edge.call('GET', `/zones/${id}`)).result.development_mode
  ok(left > 10790 && left <= 10800, left)
  eq((await edge.call('PATCH', `${path}/development_mode`, { value: 'off' })).result.time_remaining, 0)
  eq((await edge.call('GET', `/zones/${id}`)).result.development_mode, 0)

  const log = (await edge.call('GET', '/user/audit_logs?direction=asc')).result.filter(r => r.resource.type === 'zone_setting')
  eq(log.map(r => [r.resource.id, r.oldValueJson.value, r.newValueJson.value]).slice(0, 2), [['cache_level', 'aggressive', 'bypass'], ['always_online', 'off', 'on']])
})
