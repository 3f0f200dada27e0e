// SPDX-License-Identifier: Apache-2.0
// What visitors asked for, as the API and the command line tell it: the same numbers, still there after a restart.
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'
import fs from 'node:fs'
import path from 'node:path'
import { execFile } from 'node:child_process'
import { PROGRAM, ROOT } from '../lib/edge.mjs'

const seawall = (edge, ...args) => new Promise((resolve, reject) => execFile(PROGRAM, args, { env: { ...process.env, SEAWALL_API: edge.api, SEAWALL_TOKEN: edge.token, NO_COLOR: '1' } }, (e, out, err) => e ? reject(new Error(`${e.message}\n${out}${err}`)) : resolve(out)))

scene('requests, bytes, copies, refusals and times of a zone', async s => {
  const app = await s.origin({ '/page': { body: 'hello', headers: { 'Cache-Control': 'no-store' } }, '/a.css': { body: 'x'.repeat(1000), headers: { 'Cache-Control': 'max-age=600' } }, '/gone': { status: 404, body: 'no' } })
  const edge = await s.edge({ api: true, config: { edge: { addresses: '192.0.2.200' }, limits: { traffic_ms: 200 } } })
  const zone = (await edge.call('POST', '/zones', { name: 'one.test' })).result
  eq((await edge.call('PATCH', `/zones/${zone.id}/settings/ssl`, { value: 'flexible' })).status, 200)
  eq((await edge.call('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'www', content: '127.0.0.1', proxied: true })).status, 200)
  eq((await edge.call('PUT', `/zones/${zone.id}/rulesets/phases/http_request_origin/entrypoint`, { rules: [{ expression: 'true', action: 'route', action_parameters: { origin: { port: app.port } } }] })).status, 200)
  eq((await edge.call('PUT', `/zones/${zone.id}/rulesets/phases/http_request_firewall_custom/entrypoint`, { rules: [{ expression: 'starts_with(http.request.uri.path, "/admin")', action: 'block' }] })).status, 200)
  const get = async path => (await edge.get(path, { host: 'www.one.test' })).status
  const wanted = { '/page': 200, '/a.css': 200, '/gone': 404, '/admin': 403 }
  for (let i = 0; i < 5; i++) for (const [path, status] of Object.entries(wanted)) eq(await get(path), status, path)
  const asked = async (by = 'minute') => (await edge.call('GET', `/zones/${zone.id}/analytics?by=${by}`)).result
  await waitFor(async () => (await asked()).totals.requests === 20, { within: 30000, every: 250, what: 'all requests in the numbers' })
  for (const by of ['minute', 'hour', 'day']) {
    const { totals, series } = await asked(by)
    eq([totals.requests, totals.cached, totals.threats, totals.status['2xx'], totals.status['4xx'], totals.status['5xx']], [20, 4, 5, 10, 10, 0], by)
    ok(totals.cached_bytes >= 4000 && totals.bytes > totals.cached_bytes, JSON.stringify(totals))
    ok(totals.latency_us.p50 > 0 && totals.latency_us.p50 <= totals.latency_us.p95 && totals.latency_us.p95 <= totals.latency_us.p99, JSON.stringify(totals.latency_us))
    eq(series.reduce((n, r) => n + r.requests, 0), 20)
  }
  const account = (await edge.call('GET', '/accounts')).result[0].id
  eq((await edge.call('GET', `/accounts/${account}/analytics?by=hour`)).result.totals.requests, 20)
  eq((await edge.call('GET', `/accounts/${account}/analytics/zones?by=hour`)).result.zones.map(z => [z.zone, z.requests]), [['one.test', 20]])
  const said = JSON.parse(await seawall(edge, 'analytics', 'one.test', '--json'))
  eq(said.totals, (await asked('hour')).totals)
  const text = await seawall(edge, 'analytics', 'one.test')
  ok(/requests +20\b/.test(text) && /threats +5\b/.test(text), text)
  const top = async () => (await edge.call('GET', `/zones/${zone.id}/analytics/top`)).result
  await waitFor(async () => (await top()).path.reduce((n, v) => n + v.requests, 0) === 20, { within: 30000, every: 250, what: 'what was asked for most' })
  eq((await top()).path.map(v => [v.value, v.requests]), [['/a.css', 5], ['/admin', 5], ['/gone', 5], ['/page', 5]])
  eq((await top()).network, [{ value: '127.0.0.0/24', requests: 20 }])
  eq((await top()).agent, [{ value: '', requests: 20 }])
  eq(JSON.parse(await seawall(edge, 'analytics', 'one.test', '--top', '--days', '7', '--json')), { ...await top(), days: 7 })
  ok(/127\.0\.0\.0\/24 +20\b/.test(await seawall(edge, 'analytics', 'one.test', '--top')))
  eq((await edge.call('GET', `/zones/${zone.id}/analytics/top?days=31`)).status, 400)
  await edge.stop()
  await edge.start()
  eq((await top()).path.length, 4)
  eq((await asked('day')).totals.requests, 20)
})

scene('what is asked for most is found among very many; what is hostile is text', async s => {
  const edge = await s.edge({ api: true, hosts: { 'www.many.test': await s.origin((q, reply) => reply.send(200, {}, 'x')) }, zone: 'many.test', config: { node: { workers: 1 }, limits: { traffic_ms: 300 } } })
  const zone = (await edge.call('POST', '/zones', { name: 'many.test' })).result
  const c = await s.client(edge, { host: 'www.many.test' })
  for (let i = 0; i < 1500; i++) await c.request('GET', i % 3 ? `/page/${i}?q=${i}` : `/busy?q=${i}`, { headers: { 'User-Agent': i % 2 ? 'Browser/1 "<\x80>"' : `x${i}` } })
  const top = await waitFor(async () => { const t = (await edge.call('GET', `/zones/${zone.id}/analytics/top`)).result; return t.network[0]?.requests >= 1200 && t }, { within: 30000, every: 250, what: 'all of it' })
  eq(top.path[0].value, '/busy')
  ok(top.path[0].requests > 300 && top.path[0].requests < 800, JSON.stringify(top.path[0]))
  ok(top.agent[0].value.startsWith('Browser/1 "<') && top.path.length <= 20, JSON.stringify(top.agent[0]))
})

scene('what cannot be asked is refused with a reason', async s => {
  const edge = await s.edge({ api: true })
  const zone = (await edge.call('POST', '/zones', { name: 'one.test' })).result
  const asked = async query => { const r = await edge.call('GET', `/zones/${zone.id}/analytics?${query}`); return [r.status, r.errors?.[0]?.message ?? ''] }
  eq((await asked('by=week'))[0], 400)
  ok((await asked('by=week'))[1].includes('minute, hour or day'))
  eq((await asked('since=yesterday'))[0], 400)
  eq((await asked('since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z'))[0], 400)
  eq((await asked('by=minute&since=2020-01-01T00:00:00Z'))[0], 400)
  eq((await asked('by=day&since=2026-01-01T00:00:00Z&until=2026-01-05T00:00:00Z'))[0], 200)
})

scene('the dashboard for Grafana asks for metrics and counters that there are', async s => {
  const app = await s.origin({ '/': 'hello' })
  const edge = await s.edge({ api: true, hosts: { 'www.test': [app] } })
  eq((await edge.get('/', { host: 'www.test' })).status, 200)
  let metrics = ''
  const get = async () => { metrics = await (await fetch(`${edge.api}/metrics`, { headers: { Authorization: `Bearer ${edge.token}` } })).text(); return metrics }
  await waitFor(async () => /name="requests"/.test(await get()) && /seawall_zone_requests\{/.test(metrics), { within: 15000, every: 200, what: 'counters of the edge' })
  const dashboard = JSON.parse(fs.readFileSync(path.join(ROOT, 'packaging/grafana.json'), 'utf8'))
  const asked = dashboard.panels.flatMap(p => p.targets.map(t => t.expr))
  ok(asked.length > 20)
  for (const expr of asked) {
    for (const [name] of expr.matchAll(/seawall_\w+/g)) ok(new RegExp(`^${name}[ {]`, 'm').test(metrics), `${name} of ${expr}`)
    for (const [, name] of expr.matchAll(/name="(\w+)"/g)) ok(metrics.includes(`name="${name}"`), `${name} of ${expr}`)
  }
})
