// SPDX-License-Identifier: Apache-2.0
// The API: who may ask, what zones and tokens are, and what is refused in which words.
import { scene, eq, ok } from '../lib/scene.mjs'

scene('a zone is made, found, edited and deleted', async s => {
  const edge = await s.edge({ api: true })

  const made = await edge.call('POST', '/zones', { name: 'Example.Test', type: 'full' })
  eq([made.status, made.success, made.errors, made.result.name, made.result.status], [200, true, [], 'example.test', 'active'])
  eq(made.result.name_servers, ['ns1.edge.test', 'ns2.edge.test'])
  ok(/^edges=1; ms=\d+$/.test(made.headers.get('seawall-live')), made.headers.get('seawall-live'))
  eq(made.result_info.live.edges, 1)
  const id = made.result.id

  const list = await edge.call('GET', '/zones/?name=example.test&per_page=1')
  eq(list.result_info, { page: 1, per_page: 1, count: 1, total_count: 1, total_pages: 1 })
  eq(list.result[0].id, id)
  ok(list.text.startsWith(`{"result":[{"id":"${id}"`), 'id comes first, nothing is spaced')
  eq((await edge.call('GET', '/zones?page=2')).result, [])
  eq((await edge.call('GET', '/zones?name=a.example.test')).result, [])

  eq((await edge.call('GET', `/zones/${id}`)).result.name, 'example.test')
  eq((await edge.call('GET', '/zones/example.test')).result.id, id)
  const paused = await edge.call('PATCH', `/zones/${id}`, { paused: true })
  eq([paused.result.paused, paused.result.status], [true, 'active'])
  const twice = await edge.call('POST', '/zones', { name: 'example.test' })
  eq([twice.status, twice.errors[0].code, twice.result], [400, 1061, null])

  eq((await edge.call('DELETE', `/zones/${id}`)).result, { id })
  eq((await edge.call('GET', `/zones/${id}`)).errors[0].code, 7003)
  eq((await edge.call('GET', '/zones')).result, [])

  const log = await edge.call('GET', '/user/audit_logs?direction=asc')
  eq(log.result.map(r => [r.action.type, r.resource.type]), [['create', 'zone'], ['update', 'zone'], ['delete', 'zone']])
  eq([log.result[1].oldValueJson.paused, log.result[1].newValueJson.paused, log.result[1].zone.name], [false, true, 'example.test'])
})

scene('names in Unicode and Punycode are one zone', async s => {
  const edge = await s.edge({ api: true })
  const made = await edge.call('POST', '/zones', { name: 'münchen.test' })

  eq(made.result.name, 'münchen.test')
  for (const name of ['münchen.test', 'MÜNCHEN.test', 'xn--mnchen-3ya.test']) {
    eq((await edge.call('GET', `/zones?name=${encodeURIComponent(name)}`)).result.length, 1)
    eq((await edge.call('GET', `/zones/${encodeURIComponent(name)}`)).result.id, made.result.id)
  }
  for (const name of ['', 'test', 'a..test', '*.a.test', '127.0.0.1', 'a b.test', 'x'.repeat(64) + '.test']) {
    const r = await edge.call('POST', '/zones', { name })
    eq([r.status, r.success, r.errors[0].source.pointer], [400, false, '/name'])
  }
})

scene('who may not ask is told why in words that clients know', async s => {
  const edge = await s.edge({ api: true })
  const ask = async headers => {
    const r = await edge.call('GET', '/zones', undefined, { token: null, headers })
    return [r.status, r.errors[0]?.code, r.errors[0]?.error_chain?.[0].code]
  }

  eq(await ask({}), [400, 9106, undefined])
  eq(await ask({ authorization: 'Bearer wrong' }), [403, 9109, undefined])
  eq(await ask({ authorization: 'Basic x' }), [400, 6003, 6111])
  eq(await ask({ authorization: 'Bearer a b' }), [400, 6003, 6111])
  eq(await ask({ 'x-auth-key': edge.token }), [400, 6003, 6102])
  eq(await ask({ 'x-auth-email': 'me@example.test' }), [400, 6003, 6103])
  eq(await ask({ 'x-auth-email': 'me@example.test', 'x-auth-key': 'wrong' }), [403, 9103, undefined])
  eq(await ask({ 'x-auth-email': 'me@example.test', 'x-auth-key': edge.token }), [200, undefined, undefined])
  // One that is valid is enough.
  eq(await ask({ authorization: 'Bearer wrong', 'x-auth-email': 'me@example.test', 'x-auth-key': edge.token }), [200, undefined, undefined])
  eq((await edge.call('GET', '/ips', undefined, { token: null })).result.ipv4_cidrs, ['127.0.0.1/32'])
})

scene('a token does what its policies say, where they say it, as long as it lives', async s => {
  const edge = await s.edge({ api: true })
  const one = (await edge.call('POST', '/zones', { name: 'one.test' })).result.id
  const two = (await edge.call('POST', '/zones', { name: 'two.test' })).result.id
  const groups = (await edge.call('GET', '/user/tokens/permission_groups')).result
  const group = name => ({ id: groups.find(g => g.name === name).id })
  const policies = [{ effect: 'allow', permission_groups: [group('Zone Read'), group('Zone Write')], resources: { [`com.cloudflare.api.account.zone.${one}`]: '*' } }]

  const made = await edge.call('POST', '/user/tokens', { name: 'one only', policies })
  const { value: token, id } = made.result
  ok(/^[A-Za-z0-9]{40}$/.test(token))
  const as = (method, target, body) => edge.call(method, target, body, { token })
  eq((await as('GET', '/user/tokens/verify')).result, { id, status: 'active' })
  eq((await as('GET', '/zones')).result.map(z => z.name), ['one.test'])
  eq((await as('GET', '/zones?name=two.test')).result, [])
  eq((await as('GET', `/zones/${one}`)).status, 200)
  eq((await as('PATCH', `/zones/${one}`, { paused: true })).status, 200)
  for (const [method, target, body] of [['GET', `/zones/${two}`], ['GET', '/zones/nothing.test'], ['POST', '/user/tokens', { name: 'x', policies }], ['GET', '/user/audit_logs']]) {
    const r = await as(method, target, body)
    eq([target, r.status, r.errors[0].code], [target, 403, 10000])
  }
  eq((await edge.call('GET', `/user/tokens/${id}`)).result.value, undefined)

  const rolled = (await edge.call('PUT', `/user/tokens/${id}/value`, {})).result
  eq((await as('GET', '/zones')).status, 403)
  eq((await edge.call('GET', '/zones', undefined, { token: rolled })).status, 200)
  const off = await edge.call('PUT', `/user/tokens/${id}`, { name: 'one only', status: 'disabled', policies })
  eq(off.result.status, 'disabled')
  eq((await edge.call('GET', '/zones', undefined, { token: rolled })).errors[0].code, 9109)
  eq((await edge.call('GET', '/user/tokens/verify', undefined, { token: rolled })).result.status, 'disabled')
  await edge.call('PUT', `/user/tokens/${id}`, { name: 'one only', status: 'active', policies, expires_on: '2020-01-01T00:00:00Z' })
  eq((await edge.call('GET', '/user/tokens/verify', undefined, { token: rolled })).result.status, 'expired')
  eq((await edge.call('DELETE', `/user/tokens/${id}`)).result, { id })
  eq((await edge.call('GET', '/user/tokens')).result, [])
})

scene('what cannot be read is pointed at', async s => {
  const edge = await s.edge({ api: true })
  const rows = [
    ['POST', '/zones', '{', 400, ''],
    ['POST', '/zones', '{"name":"a.test","name":"b.test"}', 400, ''],
    ['POST', '/zones', '[]', 400, ''],
    ['POST', '/zones', '', 400, ''],
    ['POST', '/zones', '{}', 400, '/name'],
    ['POST', '/zones', '{"name":7}', 400, '/name'],
    ['POST', '/zones', '{"name":"a.test","type":"partial"}', 400, '/type'],
    ['POST', '/zones', '{"name":"a.test","account":{"id":"x"}}', 400, '/account/id'],
    ['POST', '/user/tokens', '{"name":"t","policies":[{"effect":"allow","resources":{"x":"*"}}]}', 400, '/policies/0/resources'],
    ['POST', '/user/tokens', '{"name":"t","expires_on":"soon"}', 400, '/expires_on'],
    ['PATCH', '/user', '{"email":"nobody"}', 400, '/email']
  ]
  for (const [method, target, raw, status, pointer] of rows) {
    const r = await edge.call(method, target, undefined, { raw })
    eq([raw, r.status, r.success, r.result, r.errors[0].source?.pointer], [raw, status, false, null, pointer])
  }
  // No content type, or another one: JSON is read all the same.
  eq((await edge.call('POST', '/zones', undefined, { raw: '{"name":"a.test"}', headers: { 'content-type': 'text/plain' } })).status, 200)
  // Braces in strings are escaped: a client balances them over the whole answer.
  const brace = await edge.call('POST', '/zones', { name: 'a{b' })
  ok(brace.text.includes('a\\u007bb') && brace.errors[0].message.includes('a{b'))
  for (const [method, target, status, code] of [['GET', '/nothing', 404, 7003], ['POST', '/zones/a.test', 405, 7001], ['GET', '/zones/%', 404, 7003], ['GET', '/zones?page=x', 400, 1006]]) {
    const r = await edge.call(method, target)
    eq([target, r.status, r.errors[0].code], [target, status, code])
  }
  const large = await edge.call('POST', '/zones', undefined, { raw: '{"name":"' + 'a'.repeat(70000) + '"}', token: null })
  eq([large.status, large.errors[0].code], [400, 9106])
})

scene('what the API made is there after a restart, and is served by a new edge', async s => {
  const edge = await s.edge({ api: true })
  const { id } = (await edge.call('POST', '/zones', { name: 'stays.test' })).result
  const token = edge.token

  await edge.stop()
  await edge.start()
  eq(edge.token, token)
  eq((await edge.call('GET', '/zones/stays.test')).result.id, id)
  const metrics = (await edge.call('GET', '/metrics')).text
  ok(/^seawall_zones 1$/m.test(metrics) && /^seawall_edges 1$/m.test(metrics), metrics)
})
