// SPDX-License-Identifier: Apache-2.0
// DNS records over HTTP: every verb, the codes that clients look for, filters, batches, zone files.
import { ask } from '../lib/dns.mjs'
import { scene, eq, freePort, ok } from '../lib/scene.mjs'

const zone = async s => {
  const edge = await s.edge({ api: true })
  const z = (await edge.call('POST', '/zones', { name: 'example.com' })).result

  edge.records = (method, path = '', body, more) => edge.call(method, `/zones/${z.id}/dns_records${path}`, body, more)
  edge.zone = z
  return edge
}
const failure = r => [r.status, r.success, r.errors[0].code, r.errors[0].source?.pointer]
const names = r => r.result.map(x => x.name.replace('.example.com', ''))

/** A form body as it is on the wire. */
const form = (parts, eol = '\r\n', boundary = '------------------------BOUNDARY') => parts
  .map(([name, text]) => `--${boundary}${eol}Content-Disposition: form-data; name="${name}"${name === 'file' ? '; filename="z"' : ''}${eol}${eol}${text}${eol}`)
  .join('') + `--${boundary}--${eol}`
const upload = (edge, body, boundary = '------------------------BOUNDARY') =>
  edge.records('POST', '/import', undefined, { raw: body, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } })

scene('a record is made, found, changed and deleted', async s => {
  const edge = await zone(s)

  const made = await edge.records('POST', '', { type: 'A', name: 'www', content: '192.0.2.1', ttl: 300, comment: 'hello', tags: ['env:prod'] })
  eq([made.status, made.success, made.errors, made.messages], [200, true, [], []])
  const { id, created_on, modified_on, comment_modified_on, tags_modified_on, ...rest } = made.result
  eq(rest, {
    zone_id: edge.zone.id, zone_name: 'example.com', name: 'www.example.com', type: 'A', content: '192.0.2.1', proxiable: true, proxied: false,
    ttl: 300, settings: {}, meta: {}, comment: 'hello', tags: ['env:prod']
  })
  ok(made.text.startsWith(`{"result":{"id":"${id}",`), 'id comes first')
  ok(/^edges=1; ms=\d+$/.test(made.headers.get('seawall-live')))

  eq((await edge.records('GET', `/${id}`)).result.id, id)
  const patched = await edge.records('PATCH', `/${id}`, { content: '192.0.2.9' })
  eq([patched.result.content, patched.result.ttl, patched.result.comment], ['192.0.2.9', 300, 'hello'])
  const put = await edge.records('PUT', `/${id}`, { type: 'A', name: 'www.example.com', content: '192.0.2.10', proxied: true, ttl: 3600 })
  eq([put.result.content, put.result.ttl, put.result.proxied, put.result.comment, put.result.tags], ['192.0.2.10', 1, true, null, []])
  const list = await edge.records('GET', '?name=WWW.example.com&type=A&per_page=1')
  eq(list.result_info, { page: 1, per_page: 1, count: 1, total_count: 1, total_pages: 1 })
  eq((await edge.records('GET', '?page=2')).result, [])
  eq((await edge.records('DELETE', `/${id}`)).result, { id })
  eq(failure(await edge.records('DELETE', `/${id}`)), [404, false, 81044, undefined])
  eq(failure(await edge.records('GET', `/${id}`)), [404, false, 81044, undefined])
  eq(failure(await edge.records('PATCH', `/${id}`, {})), [404, false, 81044, undefined])
  eq((await edge.records('GET', '/usage')).result, { record_quota: 1000000, record_usage: 0 })
  const log = await edge.call('GET', '/user/audit_logs?direction=asc')
  eq(log.result.filter(r => r.resource.type === 'dns_record').map(r => r.action.type), ['create', 'update', 'update', 'delete'])
})

scene('what is refused has the code, the member and the words that clients look for', async s => {
  const edge = await zone(s)
  const post = body => edge.records('POST', '', body)

  for (const body of [
    { type: 'A', name: 'a', content: '192.0.2.1' }, { type: 'CNAME', name: 'c', content: 'x.net' },
    { type: 'NS', name: 'd', content: 'ns.x.net' }
  ]) eq((await post(body)).status, 200)

  for (const [body, code, pointer, text] of [
    [{ type: 'CNAME', name: 'a', content: 'x.net' }, 81053, '/name', /^An A, AAAA, or CNAME record with that host already exists\.$/],
    [{ type: 'A', name: 'c', content: '192.0.2.1' }, 81054, '/name', /^A CNAME record with that host already exists\.$/],
    [{ type: 'A', name: 'a.example.com.', content: '192.0.2.1' }, 81058, '', /^An identical record already exists\.$/],
    [{ type: 'TXT', name: 'd', content: 'x' }, 81056, '/name', /^NS records with that host already exist\.$/],
    [{ type: 'A', name: 'p', content: '10.0.0.1', proxied: true, x: 1 }, 0, '', /./],
    [{ type: 'TXT', name: 't', content: 'x', proxied: true }, 9004, '/proxied', /^This kind of record cannot be proxied$/],
    [{ type: 'A', name: 'a', content: '1.2.3' }, 9005, '/content', /^Content for A record must be a valid IPv4 address\./],
    [{ type: 'AAAA', name: 'a', content: '1.2.3.4' }, 9006, '/content', /^Content for AAAA record must be a valid IPv6 address\./],
    [{ type: 'A', name: 'a', content: '192.0.2.3', ttl: 5 }, 9021, '/ttl', /^Invalid TTL\. Must be between/],
    [{ type: 'A', name: 'a..b', content: '192.0.2.3' }, 9000, '/name', /^DNS name is invalid/],
    [{ type: 'SRV', name: 's', data: { priority: 1, weight: 1, port: 1 } }, 9101, '/data/target', /target is a required data field/],
    [{ type: 'WKS', name: 's', content: 'x' }, 1004, '/type', /not a record type/]
  ]) {
    const r = await post(body)

    if (code === 0) { // scenes allow private origins
      eq(r.status, 200)
      continue
    }
    eq([JSON.stringify(body), ...failure(r)], [JSON.stringify(body), 400, false, code, pointer])
    ok(text.test(r.errors[0].message), r.errors[0].message)
  }
  const r = await edge.records('POST', '', undefined, { raw: '{"type":', headers: { 'content-type': 'application/json' } })
  eq([r.status, r.success], [400, false])
  for (const [method, path] of [['POST', '/scan'], ['POST', '/scan/trigger'], ['GET', '/scan/review'], ['POST', '/scan/review']]) {
    const scan = await edge.records(method, path)
    eq(scan.status, 400)
    ok(/does not guess records/.test(scan.errors[0].message))
  }
})

scene('a target that lies in its own zone for want of a dot is taken and reported', async s => {
  const edge = await zone(s)

  const r = await edge.records('POST', '', { type: 'CNAME', name: 'www', content: 'app.example.net.example.com' })
  eq(r.status, 200)
  ok(/"app\.example\.net\." was probably meant/.test(r.messages[0].message), JSON.stringify(r.messages))
  ok(/"app\.example\.net\." was probably meant/.test(r.result.meta.warnings[0]))
  const right = await edge.records('POST', '', { type: 'CNAME', name: 'w2', content: 'app.example.net.' })
  eq([right.messages, right.result.content], [[], 'app.example.net'])
  const file = await upload(edge, form([['file', 'w3 CNAME app.example.org\nw4 CNAME app.example.org.\n']]))
  eq(file.result.recs_added, 2)
  eq(file.messages.length, 1)
  ok(/^w3\.example\.com: .*"app\.example\.org\." was probably meant/.test(file.messages[0].message), file.messages[0].message)
})

scene('filters and order', async s => {
  const edge = await zone(s)

  for (const body of [
    { type: 'A', name: 'a1', content: '192.0.2.1', tags: ['env:prod', 'team:x'] },
    { type: 'A', name: 'a2', content: '192.0.2.2', comment: 'Second', proxied: true },
    { type: 'TXT', name: 't', content: '"quoted {text}"', tags: ['env:test'] },
    { type: 'CNAME', name: 'bücher', content: 'x.example.net' }
  ]) eq((await edge.records('POST', '', body)).status, 200)

  for (const [query, want] of [
    ['', ['a1', 'a2', 'xn--bcher-kva', 't']],
    ['?type=A', ['a1', 'a2']],
    ['?type=NOPE', []],
    ['?name=a1.example.com', ['a1']],
    ['?name=A1.Example.com.', ['a1']],
    [`?name=${encodeURIComponent('BÜCHER.example.com')}`, ['xn--bcher-kva']],
    ['?name.startswith=a', ['a1', 'a2']],
    ['?name.contains=.example&name.endswith=2.example.com', ['a2']],
    [`?type=TXT&content=${encodeURIComponent('quoted {text}')}`, ['t']],
    [`?content.exact=${encodeURIComponent('"quoted {text}"')}`, ['t']],
    ['?content.startswith=192.0.2.', ['a1', 'a2']],
    ['?comment.present=true', ['a2']],
    ['?comment.contains=sec', ['a2']],
    ['?tag=env:prod', ['a1']],
    ['?tag.present=env', ['a1', 't']],
    ['?tag.absent=env', ['a2', 'xn--bcher-kva']],
    ['?tag=env:prod&tag=env:test', []],
    ['?tag=env:prod&tag=env:test&tag_match=any', ['a1', 't']],
    ['?proxied=true', ['a2']],
    ['?search=second', ['a2']],
    ['?match=any&name=t.example.com&proxied=true', ['a2', 't']],
    ['?order=name&direction=desc', ['xn--bcher-kva', 't', 'a2', 'a1']],
    ['?order=content&per_page=2&page=1', ['t', 'a1']],
    ['?name=a,b', []]
  ]) eq([query, ...names(await edge.records('GET', query))], [query, ...want])
  const text = (await edge.records('GET', '?type=TXT')).text
  ok(text.includes('\\u007btext\\u007d'), 'braces in strings are escaped for clients that count them')
  for (const query of ['?order=size', '?direction=up', '?match=some', '?proxied=maybe', '?page=x']) eq((await edge.records('GET', query)).status, 400)
})

scene('a batch is all or nothing', async s => {
  const edge = await zone(s)
  const make = async name => (await edge.records('POST', '', { type: 'A', name, content: '192.0.2.1' })).result.id
  const [one, two] = [await make('one'), await make('two')]

  const r = await edge.records('POST', '/batch', {
    deletes: [{ id: one }],
    patches: [{ id: two, ttl: 600 }],
    posts: [{ type: 'CNAME', name: 'one', content: 'x.example.net' }, { type: 'TXT', name: 't', content: 'x' }]
  })
  eq([r.status, r.result.deletes.map(x => x.id), r.result.patches.map(x => x.ttl), r.result.puts, r.result.posts.map(x => x.type)],
    [200, [one], [600], [], ['CNAME', 'TXT']])
  const before = (await edge.records('GET')).result

  const bad = await edge.records('POST', '/batch', {
    deletes: [{ id: two }],
    posts: [{ type: 'A', name: 'new', content: '192.0.2.1' }, { type: 'A', name: 'one', content: '192.0.2.1' }]
  })
  eq(failure(bad), [400, false, 81054, '/posts/1/name'])
  eq((await edge.records('GET')).result, before)
  eq(failure(await edge.records('POST', '/batch', { deletes: [{ id: one }] })), [404, false, 81044, '/deletes/0'])
  eq((await edge.records('POST', '/batch', { posts: {} })).status, 400)
  eq((await edge.records('POST', '/batch', { posts: [1] })).status, 400)
  eq((await edge.records('GET')).result, before)
})

scene('zone files go in and come out', async s => {
  const edge = await zone(s)
  const file = `$ORIGIN example.com.
$TTL 600
@ IN SOA ns.old.net. hostmaster.old.net. ( 1 2 3 4 5 )
@ IN NS ns.old.net.
www 60 IN A 192.0.2.1 ; the front cf_tags=env:prod,cf-proxied:true
api IN A 192.0.2.2
@ MX 10 mail
mail AAAA 2001:db8::25
_s._tcp SRV 1 2 443 api
t TXT "one" "two; \\"three\\""
h HTTPS 1 . alpn=h2,h3
$GENERATE 1-3 node$ A 192.0.2.1$
`
  const first = await upload(edge, form([['file', file], ['proxied', 'true']]))
  eq(first.result, { recs_added: 10, total_records_parsed: 12 })
  const got = Object.fromEntries((await edge.records('GET')).result.map(r => [`${r.type} ${r.name}`, r]))
  eq([got['A www.example.com'].proxied, got['A www.example.com'].comment, got['A www.example.com'].tags, got['A www.example.com'].ttl], [true, 'the front', ['env:prod'], 1])
  eq([got['A api.example.com'].proxied, got['AAAA mail.example.com'].proxied, got['MX example.com'].content, got['MX example.com'].priority], [true, true, 'mail.example.com', 10])
  eq(got['SRV _s._tcp.example.com'].data, { priority: 1, weight: 2, port: 443, target: 'api.example.com' })

  // The same form with bare line feeds, as some clients send it, and an empty file.
  eq((await upload(edge, form([['file', 'lf A 192.0.2.77']], '\n'))).result, { recs_added: 1, total_records_parsed: 1 })
  eq((await upload(edge, form([['file', '']], '\n'))).result, { recs_added: 0, total_records_parsed: 0 })

  const out = await edge.records('GET', '/export')
  ok(/^text\/plain/.test(out.headers.get('content-type')))
  ok(out.text.includes('www.example.com.\t1\tIN\tA\t192.0.2.1 ; the front cf_tags=env:prod,cf-proxied:true\n'), out.text)
  const all = (await edge.records('GET')).result
  for (const r of all) await edge.records('DELETE', `/${r.id}`)
  eq((await upload(edge, form([['file', out.text]]))).result.recs_added, 11)
  const shape = ({ id, created_on, modified_on, comment_modified_on, tags_modified_on, ...rest }) => JSON.stringify(rest)
  eq((await edge.records('GET')).result.map(shape).sort(), all.map(shape).sort())

  for (const [text, message] of [
    ['a A 192.0.2.1\n$INCLUDE /etc/passwd\n', /line 2.*\$INCLUDE directive not allowed/],
    ['a A 192.0.2.1\nb A nonsense\n', /^line 2, column 5/],
    ['x CNAME y.net.\nx A 192.0.2.1\n', /^line 2: A CNAME record with that host already exists/],
    ['a.other.net. A 192.0.2.1\n', /does not lie in the zone/]
  ]) {
    const r = await upload(edge, form([['file', text]]))
    eq(r.status, 400)
    ok(message.test(r.errors[0].message), r.errors[0].message)
  }
  eq((await edge.records('GET', '?name.startswith=a.')).result, [], 'nothing of a refused file stays')
  eq((await upload(edge, form([['other', 'x']]))).status, 400)
  eq((await upload(edge, 'no form at all')).status, 400)
})

scene('a record that is switched between proxied and DNS-only is seen at once', async s => {
  const dns = await freePort()
  const edge = await s.edge({ api: true, config: { listen: { dns: `127.0.0.1:${dns}` }, edge: { addresses: '203.0.113.1' } } })
  const z = (await edge.call('POST', '/zones', { name: 'example.com' })).result
  const { id } = (await edge.call('POST', `/zones/${z.id}/dns_records`, { type: 'A', name: 'www', content: '192.0.2.1' })).result

  for (let i = 0; i < 20; i++) {
    const proxied = i % 2 === 0

    eq((await edge.call('PATCH', `/zones/${z.id}/dns_records/${id}`, { proxied })).status, 200)
    eq((await ask(dns, 'www.example.com', 'A')).data, [proxied ? '203.0.113.1' : '192.0.2.1'], 'the first question after the answer')
  }
})
