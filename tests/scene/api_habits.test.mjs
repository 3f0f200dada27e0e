// SPDX-License-Identifier: Apache-2.0
// The habits of clients, byte by byte: what shell scripts grep for, what old clients send, what none of them can bear.
import { scene, eq, ok } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { Client } from '../lib/client.mjs'

/** An API with a zone and some records. */
async function prepared (s) {
  const { api } = await edgeWithApi(s)
  const zone = await api.post('/zones', { name: 'habits.test' })
  const record = await api.post(`/zones/${zone.id}/dns_records`, { type: 'A', name: 'www', content: '192.0.2.1', ttl: 120 })
  return { api, zone, record }
}

scene('answers are compact, ids come first, counts are where scripts look', async s => {
  const { api, zone, record } = await prepared(s)
  const zones = await api.call('GET', '/zones?name=habits.test')
  ok(zones.text.includes(`"result":[{"id":"${zone.id}","name":"habits.test"`), zones.text)
  ok(zones.text.includes('"success":true') && zones.text.includes('"count":1,') && zones.text.includes('"total_count":1'), zones.text)
  const records = await api.call('GET', `/zones/${zone.id}/dns_records?type=A&name=www.habits.test`)
  ok(records.text.includes(`[{"id":"${record.id}"`), records.text)
  eq(Object.keys(records.json.result_info).filter(k => ['page', 'per_page', 'count', 'total_count', 'total_pages'].includes(k)).length, 5)
  const none = await api.call('GET', `/zones/${zone.id}/dns_records?type=TXT&name=_acme-challenge.habits.test`)
  ok(none.text.includes('"result":[]') && none.text.includes('"count":0'), none.text)
  for (const r of [zones, records, none]) {
    ok(!/[{,:] | [:,]/.test(r.text.replace(/"(?:[^"\\]|\\.)*"/g, '""')), `spaces outside strings: ${r.text}`)
    eq(r.headers.get('content-type').split(';')[0], 'application/json')
  }
})

scene('no brace stands in a string or a header', async s => {
  const { api, zone } = await prepared(s)
  await api.post(`/zones/${zone.id}/dns_records`, { type: 'TXT', name: 'b', content: 'open { close } again {{', comment: 'a } b' })
  for (const [method, path, body] of [['GET', '/dns_records'], ['GET', '/dns_records?name={x}'], ['POST', '/dns_records', { type: 'A', name: '{', content: '{{' }], ['GET', '/no/{such}/route']]) {
    const r = await api.call(method, `/zones/${zone.id}${path.replace(/[{}]/g, encodeURIComponent)}`, body)
    ok(!r.text.match(/"(?:[^"\\]|\\.)*"/g).some(t => /[{}]/.test(t)), r.text)
    for (const [name, value] of r.headers.list) ok(!/[{}]/.test(name + value), `${name}: ${value}`)
    if (method === 'GET' && path === '/dns_records') eq(r.json.result.find(x => x.type === 'TXT').comment, 'a } b')
  }
})

scene('pages: past the end, one a page, more than there may be', async s => {
  const { api, zone } = await prepared(s)
  for (let i = 0; i < 7; i++) await api.post(`/zones/${zone.id}/dns_records`, { type: 'A', name: `n${i}`, content: '192.0.2.2' })
  const page = async q => { const r = await api.call('GET', `/zones/${zone.id}/dns_records?${q}`); return [r.status, r.json.success, r.json.result.length, r.json.result_info.page, r.json.result_info.total_count, r.json.result_info.total_pages] }
  eq(await page('page=1&per_page=5'), [200, true, 5, 1, 8, 2])
  eq(await page('page=2&per_page=5'), [200, true, 3, 2, 8, 2])
  eq(await page('page=3&per_page=5'), [200, true, 0, 3, 8, 2])
  eq(await page('page=1000000&per_page=5'), [200, true, 0, 1000000, 8, 2])
  eq(await page('per_page=1'), [200, true, 1, 1, 8, 8])
  eq((await page('per_page=99999999999'))[2], 8)
  const seen = new Set()
  for (let i = 1; i <= 8; i++) seen.add((await api.get(`/zones/${zone.id}/dns_records?per_page=1&page=${i}`))[0].id)
  eq(seen.size, 8)
  for (const q of ['page=0', 'page=-1', 'page=x', 'per_page=0', 'per_page=', 'page=1e3']) {
    const r = await api.call('GET', `/zones?${q}`)
    ok([200, 400].includes(r.status) && r.json, `${q}: ${r.status} ${r.text}`)
  }
})

scene('a name of a zone is as good as its id; a slash at the end is none too many', async s => {
  const { api, zone, record } = await prepared(s)
  eq((await api.get('/zones/habits.test')).id, zone.id)
  eq((await api.get('/zones/HABITS.test/dns_records'))[0].id, record.id)
  eq((await api.get('/zones/?name=habits.test'))[0].id, zone.id)
  eq((await api.get(`/zones/${zone.id}/dns_records/?name=WWW.habits.test`))[0].id, record.id)
  const r = await api.refused('GET', '/zones/absent.test/dns_records')
  ok([400, 403, 404].includes(r.status), JSON.stringify(r))
  eq((await api.refused('GET', '/nothing/here')).code, 7003)
  ok(!(await api.call('PUT', '/zones', {})).text.includes('"success":true'))
})

scene('authentication: what is wrong with it is said, with the codes that clients know', async s => {
  const { api, zone } = await prepared(s)
  const auth = h => api.refused('GET', '/zones', undefined, { Authorization: null, ...h })
  const cases = {
    none: {},
    basic: { Authorization: 'Basic eDp5' },
    empty: { Authorization: 'Bearer ' },
    spaces: { Authorization: 'Bearer a b' },
    unknown: { Authorization: `Bearer ${'x'.repeat(40)}` },
    'a key without an address': { 'X-Auth-Key': 'c2547eb745079dac9320b638f5e225cf483cc5cfdda41' },
    'an address and a wrong key': { 'X-Auth-Email': 'a@habits.test', 'X-Auth-Key': 'c2547eb745079dac9320b638f5e225cf483cc5cfdda41' },
    'a wrong key of other form': { 'X-Auth-Email': 'a@habits.test', 'X-Auth-Key': 'nonsense key' }
  }
  for (const [name, h] of Object.entries(cases)) {
    const r = await auth(h)
    ok([400, 401, 403].includes(r.status) && [6003, 9103, 9106, 9109, 10000, 10001, 1001].includes(r.code) && r.message.length > 10, `${name}: ${JSON.stringify(r)}`)
  }
  eq((await auth(cases.basic)).code, 6003)
  eq((await auth(cases.unknown)).status, 403)
  // The admin token serves clients that only know an address and a global key.
  eq((await api.call('GET', `/zones/${zone.id}`, undefined, { Authorization: null, 'X-Auth-Email': 'admin@habits.test', 'X-Auth-Key': api.token })).status, 200)
  eq((await api.call('GET', '/ips', undefined, { Authorization: null })).status, 200)
  eq((await api.call('GET', '/ips?china_colo=1', undefined, { Authorization: null })).json.success, true)
})

scene('bodies: without a type, empty where none is needed, of the wrong kind', async s => {
  const { api, zone } = await prepared(s)
  const text = JSON.stringify({ type: 'A', name: 'plain', content: '192.0.2.3' })
  eq((await api.call('POST', `/zones/${zone.id}/dns_records`, text)).status, 200)
  eq((await api.call('PUT', `/zones/${zone.id}/activation_check`)).json.success, true)
  const wrong = [
    [''], ['{'], ['[]'], ['null'], ['"text"'], ['1'], ['{"type":"A"}x'], ['{"type":"A","type":"B"}'], ['{"name":"\\u0000"}'], ['{"type":"A","name":"a","content":5}'],
    [Buffer.from([0xff, 0xfe])], [Buffer.from('{"name":"\xff"}', 'latin1')], ['['.repeat(100000)], [`{"a":${'{"a":'.repeat(5000)}1${'}'.repeat(5001)}`], ['{"type":"A","name":"a","content":"192.0.2.1","ttl":1e400}'],
    ['{"type":"A","name":"a","content":"192.0.2.1","ttl":99999999999999999999}'], ['{"type":"A","name":"a","content":"192.0.2.1","ttl":1.5}'], ['{"type":"A","name":"a","content":"192.0.2.1","proxied":"yes"}'],
    [`{"type":"A","name":"${'a'.repeat(70000)}","content":"192.0.2.1"}`], ['{"type":["A"],"name":"a","content":"192.0.2.1"}'], ['{"type":"NOSUCH","name":"a","content":"x"}'], ['{"type":"A","name":"a..b","content":"192.0.2.1"}']
  ]
  for (const [body] of wrong) {
    const r = await api.refused('POST', `/zones/${zone.id}/dns_records`, body, { 'Content-Type': 'application/json' })
    ok(r.status >= 400 && r.status < 500 && r.status !== 409, `${String(body).slice(0, 60)}: ${JSON.stringify(r)}`)
  }
  const pointed = await api.refused('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'a', content: '192.0.2.1', ttl: 'long' })
  eq(pointed.pointer, '/ttl')
  // curl -d without a header says that it is a form; what is JSON is taken for JSON.
  eq((await api.refused('POST', `/zones/${zone.id}/dns_records`, text, { 'Content-Type': 'application/x-www-form-urlencoded' })).code, 81058)
  eq((await api.get(`/zones/${zone.id}/dns_records?per_page=100`)).length, 2)
})

scene('an old client: HTTP/1.0, padded with NUL bytes, and closed by us', async s => {
  const { api } = await prepared(s)
  const c = await Client.connect({ port: api.port, host: api.host })
  c.send(Buffer.concat([Buffer.from(`GET /client/v4/zones?name=habits.test HTTP/1.0\r\nHost: api.cloudflare.com\r\nUser-Agent: inadyn\r\nAccept: */*\r\nAuthorization: Bearer ${api.token}\r\nContent-Type: application/json\r\n\r\n`), Buffer.alloc(700)]))
  const r = await c.response()
  eq([r.status, JSON.parse(r.text).result.length], [200, 1])
  await c.closed()
})

scene('zone files come in as clients send them: LF only, empty, with $INCLUDE', async s => {
  const { api, zone } = await prepared(s)
  const form = (file, proxied, eol = '\r\n') => ['--B', 'Content-Disposition: form-data; name="file"; filename="z"', '', file, '--B', 'Content-Disposition: form-data; name="proxied"', '', proxied, '--B--', ''].join(eol)
  const send = (text, type = 'multipart/form-data; boundary=B') => api.call('POST', `/zones/${zone.id}/dns_records/import`, text, { 'Content-Type': type })
  let r = await send(form('one 60 IN A 192.0.2.11\n', 'false', '\n'))
  eq([r.status, r.json.result.recs_added], [200, 1], r.text)
  r = await send(form('', 'true'))
  eq([r.status, r.json.result?.recs_added], [200, 0], r.text)
  r = await send(form('two 60 IN A 192.0.2.12\n', 'true').replaceAll('--B', '--------------------------BOUNDARY'), 'multipart/form-data; boundary="------------------------BOUNDARY"')
  eq([r.status, (await api.get(`/zones/${zone.id}/dns_records?name=two.habits.test`))[0]?.proxied], [200, true], r.text)
  r = await send(form('$INCLUDE /etc/passwd\n', 'false'))
  ok(r.status === 400 && /\$INCLUDE/.test(r.json.errors[0].message), r.text)
  for (const [text, type] of [['', 'multipart/form-data; boundary=B'], ['--B', 'multipart/form-data; boundary=B'], ['--B\r\n', 'multipart/form-data'], ['x', 'multipart/form-data; boundary='], [form('a IN A 1\n', 'maybe'), 'multipart/form-data; boundary=B'], ['{}', 'application/json']]) {
    r = await send(text, type)
    ok(r.status >= 400 && r.status < 500 && r.json?.success === false, `${type}: ${r.status} ${r.text}`)
  }
})

scene('filters as clients write them', async s => {
  const { api, zone } = await prepared(s)
  await api.post(`/zones/${zone.id}/dns_records`, { type: 'TXT', name: '_acme-challenge', content: 'bare-value', ttl: 120 })
  await api.post(`/zones/${zone.id}/dns_records`, { type: 'TXT', name: '_acme-challenge', content: '"quoted-value"', ttl: 120 })
  await api.post(`/zones/${zone.id}/dns_records`, { type: 'CNAME', name: 'c', content: 'Target.example.net.', proxied: true, comment: 'hello world' })
  const n = async q => (await api.get(`/zones/${zone.id}/dns_records?${q}`)).length
  eq([await n('type=TXT&name=_acme-challenge.habits.test&content=bare-value'), await n('type=TXT&content=quoted-value'), await n('type=TXT&content=%22quoted-value%22'), await n('content=nothing')], [1, 1, 1, 0])
  eq([await n('name.exact=www.habits.test'), await n('name.contains=acme'), await n('name.startswith=www'), await n('name.endswith=habits.test'), await n('comment.contains=hello'), await n('proxied=true'), await n('search=target')], [1, 2, 1, 4, 1, 1, 1])
  eq([await n('type=TXT&proxied=true&match=any'), await n('type=TXT&proxied=true&match=all')], [3, 0])
  const names = (await api.get(`/zones/${zone.id}/dns_records?order=name&direction=desc`)).map(r => r.name)
  eq(names, [...names].sort().reverse())
  eq((await api.get(`/zones/${zone.id}/dns_records?type=CNAME`))[0].content, 'Target.example.net')
})

scene('texts and codes that scripts take for "it is there already"', async s => {
  const { api, zone } = await prepared(s)
  const post = body => api.refused('POST', `/zones/${zone.id}/dns_records`, body)
  const again = await post({ type: 'A', name: 'www', content: '192.0.2.1' })
  eq([again.status, again.code, again.message.startsWith('An identical record already exists.')], [400, 81058, true], again.message)
  eq((await api.call('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'www', content: '192.0.2.1' })).json.errors.map(e => e.code), [81058, 81057])
  eq((await post({ type: 'CNAME', name: 'www', content: 'x.test' })).code, 81053)
  await api.post(`/zones/${zone.id}/dns_records`, { type: 'CNAME', name: 'c', content: 'x.test' })
  eq((await post({ type: 'A', name: 'c', content: '192.0.2.1' })).code, 81054)
  eq((await api.refused('POST', '/zones', { name: 'habits.test' })).code, 1061)
  eq((await api.refused('GET', `/zones/${zone.id}/dns_records/${'0'.repeat(32)}`)).code, 81044)
})

scene('newcomers are told what to do', async s => {
  const { api, zone } = await prepared(s)
  const why = async content => (await api.refused('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'n', ...content })).message
  ok(/http_request_origin sets that of the origin\.$/.test(await why({ content: '192.0.2.1:3000' })))
  ok(/use type CNAME\.$/.test(await why({ content: 'app.example.net' })))
  ok(/type AAAA\.$/.test(await why({ content: '2001:db8::1' })))
  ok(/type A\.$/.test(await why({ type: 'AAAA', content: '192.0.2.1' })))
  eq((await api.refused('POST', `/zones/${zone.id}/dns_records`, { type: 'CNAME', name: 'self', content: 'Self.habits.test.' })).code, 9039)
  const said = async headers => (await api.call('GET', '/zones', undefined, { Authorization: null, ...headers })).json.messages[0]?.message ?? ''
  for (const h of [{}, { Authorization: api.token }, { Authorization: 'Bearer' }]) ok(/Authorization: Bearer TOKEN.*DATA\/admin\.token/.test(await said(h)), JSON.stringify(h))
  const hint = async path => (await api.call('GET', path)).json.messages[0].message
  ok(/no zone of that id or name/.test(await hint('/zones/absent.test/dns_records')) && /no such path/.test(await hint('/zones/habits.test/workers/routes')) && /no such path/.test(await hint('/no/such')))
  const c = await Client.connect({ port: api.port, host: api.host })
  ok(/below \/client\/v4/.test((await c.get('/zones', { headers: { Connection: 'close' } })).json.messages[0].message))
  c.close()
  const r = await api.seawall('records', 'add', 'habits.test', 'CNAME', 'w', 'www.habits.test.habits.test')
  ok(r.status === 0 && /^note: .*habits\.test/.test(r.err), r.err)
})
