// SPDX-License-Identifier: Apache-2.0
// What a request did, told afterwards by its ray; and numbers for those who watch.
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'

const asset = (headers = {}) => ({ headers: { 'Content-Type': 'text/css', ...headers }, body: 'body{}' })

scene('a request is explained by its ray: its steps, their time, and what each decided', async s => {
  const app = await s.origin({ '/a.css': asset({ 'Cache-Control': 'max-age=60' }), '/me.css': asset({ 'Cache-Control': 'private' }), '/page': 'x' })
  const edge = await s.edge({ api: true, zone: 'example.test', hosts: { 'example.test': app, '*.example.test': app } })
  const explain = async r => (await edge.call('GET', `/seawall/explain/${r.get('cf-ray')}`)).result
  const step = (e, name) => e.steps.find(x => x.step === name)?.decision
  const get = path => edge.get(path, { host: 'www.example.test' })

  const miss = await explain(await get('/a.css?x=1'))
  eq([miss.method, miss.host, miss.path, miss.zone, miss.status, miss.cache, miss.client], ['GET', 'www.example.test', '/a.css?x=1', 'example.test', 200, 'MISS', '127.0.0.1'])
  eq(miss.steps.map(x => x.step), ['recv', 'route', 'lookup', 'pick', 'fetch', 'store', 'filter', 'send'])
  eq([step(miss, 'route'), step(miss, 'pick'), step(miss, 'fetch')], ['host *.example.test of zone example.test', `origin ${app.address}, try 1`, 'the origin answered 200'])
  eq([step(miss, 'lookup'), step(miss, 'store')], ['nothing stored, this request fetches it', 'kept for 60 s (cache-control)'])
  ok(miss.us > 0 && miss.us < 5e6 && miss.steps.every(x => x.us >= 0), JSON.stringify(miss.steps))
  ok(Math.abs(miss.us - miss.steps.reduce((sum, x) => sum + x.us, 0)) < 2, `${miss.us}`)

  const hit = await explain(await get('/a.css?x=1'))
  eq([hit.cache, hit.steps.map(x => x.step)], ['HIT', ['recv', 'route', 'lookup', 'filter', 'send']])
  ok(/^a fresh copy, \d+ s old of 60 s$/.test(step(hit, 'lookup')), step(hit, 'lookup'))
  eq(step(await explain(await get('/me.css')), 'store'), 'not kept: private')
  eq(step(await explain(await get('/page')), 'lookup'), 'not for the cache: not eligible')

  await app.stop()
  const failed = await explain(await get('/page'))
  eq([failed.status, failed.error, step(failed, 'error')], [521, 'ERR_ORIGIN_CONNECT', 'page 521: the origin refused the connection'])
  const stranger = await explain(await edge.get('/', { host: 'other.test' }))
  eq([stranger.error_code, step(stranger, 'route')], [1001, 'no site has this name'])

  const no = async ray => { const r = await edge.call('GET', `/seawall/explain/${ray}`); return [r.status, r.errors[0].code] }
  eq(await no('0123456789abcdef'), [404, 1140])
  eq(await no('0123456789abcde'), [400, 1141])
  eq(await no('0123456789abcdefg'), [400, 1141])
})

scene('a token explains requests of the zones whose logs it may read', async s => {
  const app = await s.origin({ '/': 'x' })
  const edge = await s.edge({ api: true, zone: 'one.test', hosts: { 'www.one.test': app } })
  const one = (await edge.call('POST', '/zones', { name: 'one.test' })).result.id
  const two = (await edge.call('POST', '/zones', { name: 'two.test' })).result.id
  const groups = (await edge.call('GET', '/user/tokens/permission_groups')).result
  const token = async zone => (await edge.call('POST', '/user/tokens', {
    name: zone, policies: [{ effect: 'allow', permission_groups: [{ id: groups.find(g => g.name === 'Logs Read').id }], resources: { [`com.cloudflare.api.account.zone.${zone}`]: '*' } }]
  })).result.value
  const ray = (await edge.get('/')).get('cf-ray')
  const asked = async t => (await edge.call('GET', `/seawall/explain/${ray}`, undefined, { token: t })).status
  eq([await asked(await token(one)), await asked(await token(two)), await asked(null)], [200, 404, 400])
})

scene('metrics: times of steps for everybody on the machine, names of zones for who has a token', async s => {
  const app = await s.origin({ '/a.css': asset({ 'Cache-Control': 'max-age=60' }), '/500': { status: 500, body: '' } })
  const edge = await s.edge({ api: true, hosts: { 'www.test': app }, config: { limits: { metrics_zones_max: 1 } } })
  edge.plan({ kind: 'zone', name: 'second.example', hosts: [{ name: 'second.example', origins: [app.address] }] })
  await waitFor(async () => (await edge.get('/500', { host: 'second.example' })).status === 500)
  for (let i = 0; i < 5; i++) await edge.get('/a.css')
  const text = async token => (await edge.call('GET', '/metrics', undefined, { token })).text
  const open = await text(null)
  const number = (t, name) => Number(t.match(new RegExp(`^${name.replace(/[{}+."]/g, '\\$&')} (\\d+)`, 'm'))?.[1])
  const pid = open.match(/seawall_step_seconds_count\{pid="(\d+)"/)[1]
  eq(number(open, `seawall_step_seconds_count{pid="${pid}",step="fetch"}`), app.count('/a.css') + app.count('/500'))
  eq(number(open, `seawall_step_seconds_bucket{pid="${pid}",step="fetch",le="+Inf"}`), app.count('/a.css') + app.count('/500'))
  ok(!/zone="/.test(open))
  const full = await text(edge.token)
  // The one slot of its own is the zone's that came first.
  ok(number(full, `seawall_zone_requests{pid="${pid}",zone="test"}`) >= 5, full)
  eq(number(full, `seawall_zone_hits{pid="${pid}",zone="test"}`), 4)
  ok(number(full, `seawall_zone_errors{pid="${pid}",zone=""}`) >= 1)
  for (const line of full.trim().split('\n')) ok(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^{}]*\})? -?\d+(\.\d+)?)$/.test(line), line)
})

scene('rules are explained, and a page that a rule rewrote is purged by the URL that visitors use', async s => {
  const app = await s.origin((q, reply) => reply.send(200, { 'Cache-Control': 'max-age=60' }, q.path))
  const rule = (action, id, expression, action_parameters) => ({ id, action, expression, action_parameters })
  const rulesets = {
    http_request_transform: [rule('rewrite', 'move', 'http.request.uri.path eq "/old.css"', { uri: { path: { value: '/new.css' } } })],
    http_request_cache_settings: [rule('set_cache_settings', 'keep', 'true', { cache: true })]
  }
  const edge = await s.edge({ api: true, zone: 'example.test', hosts: { 'www.example.test': app }, more: { rulesets } })
  await edge.call('POST', '/zones', { name: 'example.test' })
  const get = async path => { const r = await edge.get(path); return [r.text, r.get('cf-cache-status'), r.get('cf-ray')] }
  const [text, cache, ray] = await get('/old.css')
  eq([text, cache], ['/new.css', 'MISS'])
  const e = (await edge.call('GET', `/seawall/explain/${ray}`)).result
  eq([e.path, e.rules.map(r => [r.id, r.phase, r.action])], ['/old.css', [['move', 'http_request_transform', 'rewrite'], ['keep', 'http_request_cache_settings', 'set_cache_settings']]])
  const step = name => e.steps.find(x => x.step === name)?.decision
  eq([step('rewrite'), step('guard'), step('tune')], ['rewrite by rule move', 'no rule acted', 'set_cache_settings by rule keep'])
  const removed = async url => (await edge.call('POST', '/zones/example.test/purge_cache', { files: [url] })).result_info.edges[0].removed
  eq([await removed('http://www.example.test/other.css'), await removed('http://www.example.test/old.css')], [0, 1])
  eq((await get('/old.css'))[1], 'MISS')
  eq(await removed('http://www.example.test/new.css'), 1)
})
