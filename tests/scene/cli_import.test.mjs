// SPDX-License-Identifier: Apache-2.0
// `seawall import cloudflare` from what Cloudflare's API shows: its own members, pages, refusals, and things that have no
// counterpart here. The source stands in for api.cloudflare.com; nothing may be written to it.
import fs from 'node:fs'
import path from 'node:path'
import { scene, eq, ok } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'

const ZONE = '023e105f4ecef8ad9ca31a8372d0c353'
const made = { created_on: '2024-01-01T05:20:00.12345Z', modified_on: '2024-01-01T05:20:00.12345Z' }
const record = (id, r) => ({ id: id.toString(16).padStart(32, '0'), zone_id: ZONE, zone_name: 'old.test', proxiable: true, proxied: false, ttl: 1, settings: {}, meta: { auto_added: false, source: 'primary' }, comment: null, tags: [], ...made, ...r })
const RECORDS = [
  record(1, { name: 'old.test', type: 'A', content: '203.0.113.4', proxied: true, comment: 'the site' }),
  record(2, { name: 'www.old.test', type: 'CNAME', content: 'old.test', proxied: true, settings: { flatten_cname: false } }),
  record(3, { name: 'old.test', type: 'MX', content: 'mx.example.net', priority: 10, proxiable: false, ttl: 300 }),
  record(4, { name: 'old.test', type: 'TXT', content: '"v=spf1 include:_spf.example.net ~all"', proxiable: false }),
  record(5, { name: '_sip._tcp.old.test', type: 'SRV', content: '5 5060 sip.example.net', priority: 10, data: { priority: 10, weight: 5, port: 5060, target: 'sip.example.net' }, proxiable: false }),
  record(6, { name: 'old.test', type: 'CAA', content: '0 issue "letsencrypt.org"', data: { flags: 0, tag: 'issue', value: 'letsencrypt.org' }, proxiable: false }),
  record(7, { name: 'pages.old.test', type: 'AAAA', content: '100::', proxied: true, meta: { origin_worker_id: 'x' } }),
  ...Array.from({ length: 150 }, (_, i) => record(100 + i, { name: `n${i}.old.test`, type: 'A', content: '203.0.113.5' }))
]
const SETTINGS = { browser_cache_ttl: { value: 3600, modified_on: made.modified_on, editable: true }, always_online: { value: 'off', modified_on: null, editable: true }, security_level: { value: 'medium', modified_on: made.modified_on, editable: true }, cache_level: { value: 'basic', modified_on: made.modified_on, editable: true } }

/** The source. many: it still has the call for all settings at once. */
const cloudflare = ({ many }) => async (q, reply) => {
  const send = (status, body) => reply.send(status, { 'Content-Type': 'application/json' }, JSON.stringify({ success: status === 200, errors: status === 200 ? [] : [{ code: status === 403 ? 10000 : 7003, message: status === 403 ? 'Authentication error' : 'Could not route' }], messages: [], result: null, ...body }))
  const url = new URL(q.target, 'http://x'); const p = url.pathname.replace('/client/v4', '').replace(`/zones/${ZONE}`, '')
  if (q.get('authorization') !== 'Bearer cf-token') return send(403, {})
  if (q.method !== 'GET') return send(500, {})
  const page = list => { const n = Number(url.searchParams.get('per_page') ?? 100); const i = Number(url.searchParams.get('page') ?? 1); return { result: list.slice((i - 1) * n, i * n), result_info: { page: i, per_page: n, count: 0, total_count: list.length, total_pages: Math.ceil(list.length / n) } } }
  if (p === '/zones') return send(200, page(url.searchParams.get('name') === 'old.test' ? [{ id: ZONE, name: 'old.test', status: 'active' }] : []))
  if (p === '/dns_records') return send(200, page(RECORDS))
  if (p === '/settings') return many ? send(200, { result: Object.entries(SETTINGS).map(([id, s]) => ({ id, ...s })) }) : send(404, {})
  if (SETTINGS[p.replace('/settings/', '')]) return send(200, { result: { id: p.replace('/settings/', ''), ...SETTINGS[p.replace('/settings/', '')] } })
  if (p === '/rulesets/phases/http_request_dynamic_redirect/entrypoint') return send(200, { result: { id: 'f'.repeat(32), kind: 'zone', version: '3', phase: 'http_request_dynamic_redirect', rules: [{ id: 'e'.repeat(32), version: '1', action: 'redirect', expression: 'http.host eq "old.test"', description: 'to www', enabled: true, last_updated: made.modified_on, ref: 'e'.repeat(32), action_parameters: { from_value: { status_code: 301, target_url: { expression: 'concat("https://www.old.test", http.request.uri.path)' }, preserve_query_string: true } } }] } })
  if (p === '/rulesets/phases/http_request_firewall_custom/entrypoint') return send(200, { result: { id: 'd'.repeat(32), rules: [{ id: 'c'.repeat(32), action: 'block', expression: 'http.request.uri.path contains "/admin"', enabled: true }, { id: 'b'.repeat(32), action: 'block', expression: 'cf.no_such_field eq 1', enabled: true }] } })
  if (p === '/rulesets/phases/http_ratelimit/entrypoint') return send(403, {})
  if (p === '/firewall/access_rules/rules') return send(200, page([{ id: 'a'.repeat(32), mode: 'block', configuration: { target: 'ip', value: '198.51.100.4' }, notes: 'scraper', scope: { type: 'zone' } }]))
  if (p === '/pagerules') return send(200, { result: [{ id: '1'.repeat(32), status: 'active' }] })
  if (p === '/workers/routes') return send(200, { result: [{ id: '2'.repeat(32), pattern: 'old.test/*' }, { id: '3'.repeat(32), pattern: 'x' }] })
  return send(404, {})
}

for (const many of [true, false]) {
  scene(`a zone at Cloudflare is made here, and what cannot be is listed (settings ${many ? 'at once' : 'one by one'})`, async s => {
    const { api, dir } = await (async () => { const e = await edgeWithApi(s); return { api: e.api, dir: e.dir } })()
    const source = await s.origin(cloudflare({ many }))
    const file = path.join(dir, 'cf.token')
    fs.writeFileSync(file, 'cf-token\n', { mode: 0o600 })
    const args = ['import', 'cloudflare', '--zone', 'old.test', '--token-file', file, '--api', `http://${source.address}`]

    const dry = JSON.parse(await api.does(...args, '--dry-run'))
    eq([dry.records.length, dry.settings, Object.keys(dry.rulesets)], [RECORDS.length, { browser_cache_ttl: 3600, security_level: 'medium', cache_level: 'basic' }, ['http_request_firewall_custom', 'http_request_dynamic_redirect']])
    eq((await api.get('/zones')).length, 0)

    const r = await api.seawall(...args)
    eq(r.status, 1, r.err)
    ok(/^made: 1 zone, 157 records, 2 settings, 2 rules, 1 access rules$/m.test(r.out), r.out)
    for (const left of [/^setting security_level = medium +\S/m, /^rule 2 of http_request_firewall_custom \(cf\.no_such_field eq 1\) +\S/m, /^rules of http_ratelimit +Authentication error/m, /^1 page rules +\S/m, /^2 Workers routes +\S/m]) ok(left.test(r.out), `${left}\n${r.out}`)

    const here = await api.get('/zones/old.test/dns_records?per_page=500')
    eq(here.map(x => [x.name, x.type, x.content, x.proxied, x.ttl, x.comment ?? null].join()).sort(), RECORDS.map(x => [x.name, x.type, x.content, x.proxied, x.ttl, x.comment].join()).sort())
    eq((await api.get('/zones/old.test/settings/browser_cache_ttl')).value, 3600)
    eq((await api.get('/zones/old.test/rulesets/phases/http_request_dynamic_redirect/entrypoint')).rules[0].description, 'to www')
    eq((await api.get('/zones/old.test/firewall/access_rules/rules'))[0].configuration.value, '198.51.100.4')
    ok(source.requests.every(q => q.method === 'GET'))
  }, { timeout: 60000 })
}

scene('a source that refuses the token, or does not have the zone', async s => {
  const { api, edge } = await (async () => { const e = await edgeWithApi(s); return { api: e.api, edge: e } })()
  const source = await s.origin(cloudflare({ many: true }))
  const file = path.join(edge.dir, 'cf.token')
  fs.writeFileSync(file, 'wrong\n')
  const run = zone => api.seawall('import', 'cloudflare', '--zone', zone, '--token-file', file, '--api', `http://${source.address}`)
  let r = await run('old.test')
  eq([r.status, /refused by the source:\n {2}Authentication error \(code 10000\)/.test(r.err)], [3, true], r.err)
  fs.writeFileSync(file, 'cf-token\n')
  r = await run('other.test')
  eq([r.status, /shows 0 zones named other\.test/.test(r.err)], [1, true], r.err)
  eq((await api.get('/zones')).length, 0)
})
