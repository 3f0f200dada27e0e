// SPDX-License-Identifier: Apache-2.0
// Rules over the API: every phase's entry point, single rules, history, what is refused, and all of it seen at the edge.
import { scene, eq, ok } from '../lib/scene.mjs'

async function started (s, app, host = 'www.example.test') {
  const edge = await s.edge({ api: true, config: { origin: { allow_private: true }, edge: { addresses: '192.0.2.200', nameservers: 'ns1.edge.test, ns2.edge.test' } } })
  const zone = (await edge.call('POST', '/zones', { name: 'example.test' })).result.id
  const record = await edge.call('POST', `/zones/${zone}/dns_records`, { type: 'A', name: host, content: '127.0.0.1', proxied: true, ttl: 1 })
  eq([record.status, record.errors], [200, []])
  edge.zone = zone
  edge.entry = (phase, rules, more = '') => edge.call('PUT', `/zones/${zone}/rulesets/phases/${phase}/entrypoint${more}`, { rules })
  edge.visit = (path, headers = {}, method = 'GET') => edge.request(method, path, { headers: { Host: host, ...headers } })
  if (app) {
    const r = await edge.entry('http_request_origin', [{ expression: 'true', action: 'route', action_parameters: { origin: { port: app.port } } }])
    eq([r.status, r.errors], [200, []])
  }
  return edge
}

scene('an app on a loopback port, a cache rule and a firewall rule, all by API, seen through the edge', async s => {
  const app = await s.origin((q, reply) => reply.send(200, { 'Cache-Control': 'max-age=60' }, q.target))
  const edge = await started(s, app)
  eq((await edge.visit('/hello')).text, '/hello')

  const cache = await edge.entry('http_request_cache_settings', [{ expression: 'starts_with(http.request.uri.path, "/c")', action: 'set_cache_settings', action_parameters: { cache: true } }])
  ok(/^edges=1; ms=\d+$/.test(cache.headers.get('seawall-live')))
  eq([(await edge.visit('/c')).get('cf-cache-status'), (await edge.visit('/c')).get('cf-cache-status')], ['MISS', 'HIT'])
  eq((await edge.call('POST', `/zones/${edge.zone}/purge_cache`, { purge_everything: true })).status, 200)
  eq((await edge.visit('/c')).get('cf-cache-status'), 'MISS')

  await edge.entry('http_request_firewall_custom', [{ expression: 'http.request.uri.path eq "/no"', action: 'block', ref: 'no' }])
  await edge.entry('http_request_transform', [{ expression: 'http.request.uri.path eq "/from"', action: 'rewrite', action_parameters: { uri: { path: { value: '/to' } } } }])
  await edge.entry('http_request_dynamic_redirect', [{ expression: 'http.request.uri.path eq "/old"', action: 'redirect', action_parameters: { from_value: { status_code: 301, target_url: { value: 'https://example.test/new' } } } }])
  await edge.entry('http_response_headers_transform', [{ expression: 'true', action: 'rewrite', action_parameters: { headers: { 'X-Seen': { operation: 'set', value: 'yes' } } } }])
  await edge.entry('http_custom_errors', [{ expression: 'http.response.code eq 403', action: 'serve_error', action_parameters: { content: 'gone fishing', content_type: 'text/plain' } }])
  const no = await edge.visit('/no'); const old = await edge.visit('/old'); const to = await edge.visit('/from')
  eq([no.status, no.text, old.status, old.get('location'), to.text, to.get('x-seen')], [403, 'gone fishing', 301, 'https://example.test/new', '/to', 'yes'])
  const why = (await edge.call('GET', `/seawall/explain/${no.get('cf-ray')}`)).result
  ok(/^block by rule [0-9a-f]{32}$/.test(why.steps.find(x => x.step === 'guard').decision), JSON.stringify(why.steps))
  eq(why.rules.map(r => [r.phase, r.action]), [['http_request_origin', 'route'], ['http_request_firewall_custom', 'block'], ['http_custom_errors', 'serve_error']])

  // an account's rules come first, in every zone
  const account = (await edge.call('GET', '/accounts')).result[0].id
  const root = await edge.call('PUT', `/accounts/${account}/rulesets/phases/http_request_firewall_custom/entrypoint`,
    { rules: [{ expression: 'http.request.uri.path eq "/root"', action: 'block' }] })
  eq([root.status, root.result.kind], [200, 'root'])
  eq((await edge.visit('/root')).status, 403)
})

scene('rulesets and single rules: ids, versions, positions, history, dry runs, deletion', async s => {
  const edge = await started(s)
  const base = `/zones/${edge.zone}/rulesets`
  const custom = `${base}/phases/http_request_firewall_custom/entrypoint`
  const absent = await edge.call('GET', custom)
  eq([absent.status, absent.errors[0].code], [404, 10003])

  const put = await edge.call('PUT', custom, { name: 'mine', rules: [{ expression: 'ssl', action: 'log', ref: 'a' }, { expression: 'not ssl', action: 'log', description: 'b' }] })
  const set = put.result
  eq([set.kind, set.version, set.phase, set.name, set.rules.map(r => [r.version, r.ref, r.enabled])],
    ['zone', '1', 'http_request_firewall_custom', 'mine', [['1', 'a', true], ['1', set.rules[1].id, true]]])
  ok(put.text.startsWith(`{"result":{"id":"${set.id}"`))

  // what did not change keeps id and version
  const again = (await edge.call('PUT', `${base}/${set.id}`, { rules: [{ ...set.rules[1], expression: 'true' }, set.rules[0]] })).result
  eq([again.version, again.rules.map(r => [r.id, r.version])], ['2', [[set.rules[1].id, '2'], [set.rules[0].id, '1']]])

  const dry = await edge.call('POST', `${base}/${set.id}/rules?dry_run=true`, { expression: 'true', action: 'log' })
  eq([dry.status, dry.result], [200, null])
  eq((await edge.call('POST', `${base}/${set.id}/rules?dry_run=maybe`, { expression: 'true', action: 'log' })).status, 400)
  const more = (await edge.call('POST', `${base}/${set.id}/rules`, { expression: 'http.host eq "x"', action: 'log', ref: 'c', position: { index: 1 } })).result
  eq([more.version, more.rules.map(r => r.ref)], ['3', ['c', set.rules[1].id, 'a']])
  const moved = (await edge.call('PATCH', `${base}/${set.id}/rules/${more.rules[0].id}`, { position: { after: more.rules[2].id } })).result
  eq([moved.rules.map(r => r.ref), moved.rules[2].version], [[set.rules[1].id, 'a', 'c'], '1'])
  const changed = (await edge.call('PATCH', `${base}/${set.id}/rules/${more.rules[0].id}`, { enabled: false, position: { before: '' } })).result
  eq([changed.rules[0].enabled, changed.rules[0].version, changed.rules[0].expression], [false, '2', 'http.host eq "x"'])
  const less = (await edge.call('DELETE', `${base}/${set.id}/rules/${more.rules[0].id}`)).result
  eq([less.version, less.rules.length], ['6', 2])

  eq((await edge.call('GET', `${base}/${set.id}/versions`)).result.map(v => v.version), ['6', '5', '4', '3', '2', '1'])
  eq((await edge.call('GET', `${base}/${set.id}/versions/1`)).result.rules.map(r => r.ref), ['a', set.rules[1].id])
  eq((await edge.call('DELETE', `${base}/${set.id}/versions/1`)).status, 204)
  eq((await edge.call('GET', `${base}/${set.id}/versions/1`)).status, 404)
  eq((await edge.call('DELETE', `${base}/${set.id}/versions/6`)).status, 400)

  const all = (await edge.call('GET', base)).result; const list = all.filter(r => r.kind !== 'managed')
  eq(all.filter(r => r.kind === 'managed').map(r => r.name), ['OWASP Core Ruleset', 'Known breaches'])
  eq([list.length, list[0].id, list[0].rules], [1, set.id, undefined])
  const twice = await edge.call('POST', base, { name: 'x', kind: 'zone', phase: 'http_request_firewall_custom', rules: [] })
  eq([twice.status, twice.errors[0].source.pointer], [400, '/phase'])
  eq((await edge.call('POST', base, { name: 'x', kind: 'zone', phase: 'http_request_origin', rules: [] })).status, 200)
  eq((await edge.call('DELETE', `${base}/${set.id}`)).status, 204)
  eq((await edge.call('GET', `${base}/${set.id}`)).status, 404)
  const log = (await edge.call('GET', '/user/audit_logs?direction=asc')).result.filter(r => r.resource.type === 'ruleset')
  eq([log[0].action.type, log.at(-1).action.type], ['create', 'delete'])
})

scene('what is wrong is refused with the member and the column', async s => {
  const edge = await started(s)
  const rule = (expression, action = 'log', more = {}) => [{ expression, action, ...more }]
  const rows = [
    ['http_request_firewall_custom', [...rule('ssl'), ...rule('http.hots eq "x"')], '/rules/1/expression', 'column 1: unknown field "http.hots"; did you mean "http.host"?'],
    ['http_request_firewall_custom', rule('http.host eq "x" and'), '/rules/0/expression', 'column 21: expected a field, a function or a value, found the end'],
    ['http_request_firewall_custom', rule('ip.src.country eq "DE"', 'block'), '/rules/0/expression', 'there is no address database'],
    ['http_request_firewall_custom', rule('ssl', 'managed_chalenge'), '/rules/0/action', 'is not an action of the phase'],
    ['http_request_firewall_custom', rule('ssl', 'log', { surprise: 1 }), '/rules/0/surprise', 'is not known here'],
    ['http_request_firewall_custom', [1], '/rules/0', 'must be an object'],
    ['http_request_firewall_custom', [...rule('ssl', 'log', { ref: 'a' }), ...rule('ssl', 'log', { ref: 'a' })], '/rules/1/ref', 'Two rules'],
    ['http_request_origin', rule('ssl', 'route', { action_parameters: { sni: { value: '1.2.3.4' } } }), '/rules/0/action_parameters/sni/value', 'is not a host name'],
    ['http_config_settings', rule('ssl', 'set_config', { action_parameters: { mirage: true } }), '/rules/0/action_parameters/mirage', 'is not known here'],
    ['http_request_cache_settings', rule('ssl', 'set_cache_settings', { action_parameters: { cache_reserve: {} } }), '/rules/0/action_parameters/cache_reserve', 'is not known here'],
    ['http_nonsense', [], '/phase', 'are not run in this version']
  ]
  for (const [phase, rules, pointer, text] of rows) {
    const r = await edge.entry(phase, rules)
    eq([r.status, r.result, r.errors[0].source.pointer], [400, null, pointer])
    ok(r.errors[0].message.includes(text), `${r.errors[0].message} / ${text}`)
  }
  // only an edge can know this; what it refuses is taken back
  const r = await edge.entry('http_request_origin', rule('true', 'route', { action_parameters: { origin: { host: 'elsewhere.test' } } }))
  eq([r.status, r.errors[0].message.includes('not a proxied name of this zone')], [400, true])
  eq((await edge.call('GET', `/zones/${edge.zone}/rulesets`)).result.filter(r => r.kind !== 'managed'), [])
  const one = await edge.call('PUT', `/zones/${edge.zone}/rulesets/phases/http_request_firewall_custom/entrypoint`, { rules: {} })
  eq([one.status, one.errors[0].source.pointer], [400, '/rules'])
})

scene('address rules, lockdowns and agents by API; the older products are empty', async s => {
  const app = await s.origin((q, reply) => reply.send(200, {}, 'in'))
  const edge = await started(s, app)
  const path = `/zones/${edge.zone}/firewall`
  const made = await edge.call('POST', `${path}/access_rules/rules`, { mode: 'block', configuration: { target: 'ip_range', value: '127.0.0.8/29' }, notes: 'bad' })
  eq([made.status, made.result.mode, made.result.scope.type, made.result.notes], [200, 'block', 'zone', 'bad'])
  const twice = await edge.call('POST', `${path}/access_rules/rules`, { mode: 'block', configuration: { target: 'ip_range', value: '127.0.0.8/29' } })
  eq([twice.status, twice.errors[0].code], [400, 10009])
  const from = async (address, p = '/') => (await (await s.client(edge, { from: address })).get(p, { headers: { Host: 'www.example.test', 'User-Agent': 'x/1' } })).status
  eq([await from('127.0.0.9'), await from('127.0.0.1')], [403, 200])
  const list = await edge.call('GET', `${path}/access_rules/rules?configuration.value=127.0.0.8/29`)
  eq([list.result.length, list.result_info.total_count], [1, 1])
  const changed = await edge.call('PATCH', `${path}/access_rules/rules/${made.result.id}`, { mode: 'whitelist' })
  eq([changed.result.mode, changed.result.notes, await from('127.0.0.9')], ['whitelist', 'bad', 200])
  eq((await edge.call('DELETE', `${path}/access_rules/rules/${made.result.id}`)).result, { id: made.result.id })
  for (const [value, target, pointer] of [['x', 'ip', '/configuration/value'], ['DE', 'country', '/configuration/target']]) {
    const r = await edge.call('POST', `${path}/access_rules/rules`, { mode: 'block', configuration: { target, value } })
    eq([r.status, r.errors[0].source.pointer], [400, pointer])
  }

  const lock = await edge.call('POST', `${path}/lockdowns`, { urls: ['www.example.test/admin*'], configurations: [{ target: 'ip', value: '127.0.0.2' }] })
  eq([lock.status, await from('127.0.0.1', '/admin'), await from('127.0.0.2', '/admin')], [200, 403, 200])
  eq((await edge.call('PUT', `${path}/lockdowns/${lock.result.id}`, { urls: ['www.example.test/admin*'], configurations: [{ target: 'ip', value: '127.0.0.1' }] })).status, 200)
  eq([await from('127.0.0.1', '/admin'), await from('127.0.0.2', '/admin')], [200, 403])
  const ua = await edge.call('POST', `${path}/ua_rules`, { mode: 'block', configuration: { target: 'ua', value: 'x/1' }, description: 'x' })
  eq([ua.status, await from('127.0.0.1')], [200, 403])
  eq((await edge.call('DELETE', `${path}/ua_rules/${ua.result.id}`)).status, 200)
  eq(await from('127.0.0.1'), 200)

  for (const old of ['/firewall/rules', '/filters', '/rate_limits', '/pagerules']) {
    const r = await edge.call('GET', `/zones/${edge.zone}${old}`)
    eq([r.status, r.result], [200, []])
    eq((await edge.call('POST', `/zones/${edge.zone}${old}`, {})).status, 405)
  }
  const account = (await edge.call('GET', '/accounts')).result[0].id
  eq((await edge.call('POST', `/accounts/${account}/firewall/access_rules/rules`, { mode: 'block', configuration: { target: 'ip', value: '127.0.0.5' } })).status, 200)
  eq([await from('127.0.0.5'), (await edge.call('GET', '/user/firewall/access_rules/rules')).result.length], [403, 1])
})

scene('lists: made, filled, named by a rule, changed while the rule lives', async s => {
  const app = await s.origin((q, reply) => reply.send(200, {}, 'in'))
  const edge = await started(s, app)
  const account = (await edge.call('GET', '/accounts')).result[0].id
  const path = `/accounts/${account}/rules/lists`
  const before = await edge.entry('http_request_firewall_custom', [{ expression: 'ip.src in $office', action: 'block' }])
  eq([before.status, before.errors[0].source.pointer, before.errors[0].message], [400, '/rules/0/expression', 'column 11: there is no list named "office"'])
  const list = (await edge.call('POST', path, { name: 'office', kind: 'ip', description: 'us' })).result
  eq([list.num_items, list.kind], [0, 'ip'])
  eq((await edge.call('POST', path, { name: 'office', kind: 'ip' })).errors[0].code, 10009)
  for (const [body, pointer] of [[{ name: 'Big', kind: 'ip' }, '/name'], [{ name: 'x', kind: 'redirect' }, '/kind']]) {
    eq((await edge.call('POST', path, body)).errors[0].source.pointer, pointer)
  }
  eq((await edge.entry('http_request_firewall_custom', [{ expression: 'ip.src in $office', action: 'block' }])).status, 200)
  const from = async address => (await (await s.client(edge, { from: address })).get('/', { headers: { Host: 'www.example.test' } })).status
  eq(await from('127.0.0.3'), 200)
  const bad = await edge.call('POST', `${path}/${list.id}/items`, [{ ip: '127.0.0.3' }, { ip: 'x' }])
  eq([bad.status, bad.errors[0].source.pointer], [400, '/1/ip'])
  const op = (await edge.call('POST', `${path}/${list.id}/items`, [{ ip: '127.0.0.3', comment: 'c' }, { ip: '127.0.0.8/30' }])).result.operation_id
  eq((await edge.call('GET', `${path}/bulk_operations/${op}`)).result.status, 'completed')
  eq((await edge.call('GET', `${path}/bulk_operations/${list.id}`)).status, 404)
  eq([await from('127.0.0.3'), await from('127.0.0.9'), await from('127.0.0.4')], [403, 403, 200])
  const page = await edge.call('GET', `${path}/${list.id}/items?per_page=1`)
  eq([page.result[0].ip, page.result[0].comment], ['127.0.0.3', 'c'])
  eq((await edge.call('POST', `${path}/${list.id}/items`, [{ ip: 'x' }])).errors[0].source.pointer, '/0/ip')
  eq((await edge.call('POST', `${path}/${list.id}/items`, { ip: '127.0.0.1' })).errors[0].source.pointer, '')
  const next = await edge.call('GET', `${path}/${list.id}/items?per_page=1&cursor=${page.result_info.cursors.after}`)
  eq([next.result[0].ip, next.result_info?.cursors], ['127.0.0.8/30', undefined])
  await edge.call('DELETE', `${path}/${list.id}/items`, { items: [{ id: page.result[0].id }] })
  eq([await from('127.0.0.3'), await from('127.0.0.9')], [200, 403])
  await edge.call('PUT', `${path}/${list.id}/items`, [{ ip: '127.0.0.3' }])
  eq([await from('127.0.0.3'), await from('127.0.0.9')], [403, 200])
  eq((await edge.call('GET', path)).result.map(l => [l.name, l.num_items, l.num_referencing_filters]), [['office', 1, 1]])
  eq((await edge.call('DELETE', `${path}/${list.id}`)).status, 400)
  await edge.entry('http_request_firewall_custom', [])
  eq((await edge.call('DELETE', `${path}/${list.id}`)).result, { id: list.id })
})

scene('a rate limit and a challenge by API are kept as they were sent, and act', async s => {
  const app = await s.origin((q, reply) => reply.send(200, {}, 'in'))
  const edge = await started(s, app)
  const ratelimit = { characteristics: ['cf.colo.id', 'ip.src'], period: 60, requests_per_period: 2, mitigation_timeout: 600 }
  const put = await edge.entry('http_ratelimit', [{ expression: 'http.request.uri.path eq "/login"', action: 'block', ratelimit }])
  eq([put.status, put.errors, put.result.rules[0].ratelimit], [200, [], ratelimit])
  eq([(await edge.visit('/login')).status, (await edge.visit('/login')).status, (await edge.visit('/login')).status, (await edge.visit('/')).status], [200, 200, 429, 200])
  const bad = await edge.entry('http_ratelimit', [{ expression: 'true', action: 'block' }])
  eq([bad.status, bad.errors[0].source.pointer], [400, '/rules/0/ratelimit'])
  eq((await edge.entry('http_request_firewall_custom', [{ expression: 'true', action: 'js_challenge' }])).status, 200)
  eq([(await edge.visit('/')).status, (await edge.visit('/')).get('cf-mitigated')], [403, 'challenge'])
})
