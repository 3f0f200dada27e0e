// SPDX-License-Identifier: Apache-2.0
// The API: who may ask, what zones and tokens are, and what is refused in which words.
import fs from 'node:fs'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import { PROGRAM } from '../lib/edge.mjs'
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'

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

scene('a backup of the running node is put back while it is stopped', async s => {
  const edge = await s.edge({ api: true })
  const run = (...args) => {
    const r = spawnSync(PROGRAM, [...args, '--config', edge.configFile], { encoding: 'utf8' })
    return { status: r.status, said: r.stdout + r.stderr }
  }
  const file = path.join(edge.dir, 'backup.db')

  await edge.call('POST', '/zones', { name: 'kept.test' })
  const backup = run('backup', file)
  eq([backup.status, fs.statSync(file).mode & 0o777], [0, 0o600], backup.said)
  eq(run('backup', file).status, 1)
  await edge.call('POST', '/zones', { name: 'later.test' })
  await edge.call('DELETE', '/zones/kept.test')

  const refused = run('restore', file)
  ok(refused.status === 1 && refused.said.includes('stop it first'), refused.said)
  await edge.stop()
  const damaged = path.join(edge.dir, 'damaged.db')
  fs.writeFileSync(damaged, fs.readFileSync(file).subarray(0, 30000))
  const bad = run('restore', damaged)
  ok(bad.status === 1 && /damaged/.test(bad.said), bad.said)
  const good = run('restore', file)
  eq(good.status, 0, good.said)
  await edge.start()
  eq((await edge.call('GET', '/zones')).result.map(z => z.name), ['kept.test'])
})

scene('a state that is damaged or of a newer program is refused, and edges serve on', async s => {
  const origin = await s.origin({ '/': 'hello' })
  const edge = await s.edge({ api: true, hosts: { 'www.test': [origin] } })
  const db = path.join(edge.dir, 'data/state/state.db')
  const startWith = async (bytes, says) => {
    await edge.stop()
    fs.writeFileSync(db, bytes)
    edge.output = ''
    await edge.start({ ready: false })
    await waitFor(() => edge.output.includes(says), { within: 10000, what: says })
    await waitFor(async () => (await edge.get('/')).text === 'hello', { within: 10000, what: 'the edge to serve' })
  }

  await edge.call('POST', '/zones', { name: 'kept.test' })
  await edge.stop()
  const good = fs.readFileSync(db)
  const newer = Buffer.from(good)
  newer.writeUInt32BE(1000, 60) // user_version in the header of the database
  await startWith(newer, 'written by a newer seawall')
  const broken = Buffer.from(good)
  broken.fill('x', 4096, 20000)
  await startWith(broken, 'seawall restore')
  fs.writeFileSync(db, good) // control is trying again and again
  await waitFor(async () => (await edge.apiReady()) && (await edge.call('GET', '/zones')).result.length === 1, { within: 15000, every: 50, what: 'the API' })
})

scene('what cannot be made live is taken back', async s => {
  const edge = await s.edge({ api: true, hosts: { 'www.both.test': ['127.0.0.1:9'] }, zone: 'www.both.test' })
  const { id } = (await edge.call('POST', '/zones', { name: 'both.test' })).result
  const made = await edge.call('POST', `/zones/${id}/dns_records`, { type: 'A', name: 'www', content: '127.0.0.7', proxied: true })

  // A file of the plan folder has that host.
  eq([made.status, made.success, made.result], [400, false, null])
  ok(made.errors[0].message.includes('www.both.test') && made.errors[0].message.includes('taken back'), made.text)
  eq((await edge.call('GET', `/zones/${id}/dns_records`)).result, [])
  eq((await edge.call('GET', '/user/audit_logs')).result.map(r => r.resource.type), ['zone'])
  const other = await edge.call('POST', `/zones/${id}/dns_records`, { type: 'A', name: 'app', content: '127.0.0.7', proxied: true })
  eq([other.status, other.result_info.live.edges], [200, 1])
})

scene('changes that come at a time are made one after the other', async s => {
  const edge = await s.edge({ api: true })
  const { id } = (await edge.call('POST', '/zones', { name: 'many.test' })).result
  const all = await Promise.all(Array.from({ length: 40 }, (_, i) => i % 4 === 3
    ? edge.call('GET', `/zones/${id}/dns_records`)
    : edge.call('POST', `/zones/${id}/dns_records`, { type: 'A', name: `h${i}`, content: '192.0.2.1' })))

  eq(all.map(r => r.status).filter(x => x !== 200), [])
  eq((await edge.call('GET', `/zones/${id}/dns_records?per_page=100`)).result.length, 30)
})

scene('an edge that does not answer is not waited for for ever, and gets the change later', async s => {
  const edge = await s.edge({ api: true })
  const pid = edge.processes().find(p => fs.readFileSync(`/proc/${p}/comm`, 'utf8').trim() === 'seawall-edge')

  process.kill(pid, 'SIGSTOP')
  const made = await edge.call('POST', '/zones', { name: 'late.test' })
  process.kill(pid, 'SIGCONT')
  eq([made.status, made.result_info.live.edges, made.headers.get('seawall-live').startsWith('edges=0;')], [200, 0, true])
  ok(/not acknowledged/.test(made.messages.map(m => m.message).join()), made.text)
  const next = await edge.call('PATCH', '/zones/late.test', { paused: true })
  eq(next.result_info.live.edges, 1)
})

scene('what the API made stays live when nobody listens for the API any more', async s => {
  const edge = await s.edge({ api: true, hosts: { 'www.file.test': ['127.0.0.1:9'] }, zone: 'file.test' })
  const wanted = () => {
    try { return JSON.parse(fs.readFileSync(path.join(edge.dir, 'data/run/status.json'), 'utf8')).items_n } catch { return 0 }
  }

  await edge.call('POST', '/zones', { name: 'made.test' })
  await edge.stop()
  fs.writeFileSync(edge.configFile, fs.readFileSync(edge.configFile, 'utf8').replace(/^api = .*\n/m, ''))
  edge.options.api = false
  await edge.start()
  // and the firewall's own rules for known breaches, which are always there
  await waitFor(() => wanted() === 3, { within: 10000, what: 'the item of the file and that of the API' })
})
