// SPDX-License-Identifier: Apache-2.0
// Rules of a zone, each phase observed through the live edge. The rules come as a plan item; by API: rules_api.test.mjs.
import { scene, eq, ok, waitFor, zone } from '../lib/scene.mjs'

const echo = (q, reply) => reply.send(200, { 'Content-Type': 'application/json' },
  JSON.stringify({ path: q.target, host: q.get('host'), fields: Object.fromEntries(q.headers.list.map(([n, v]) => [n.toLowerCase(), v])) }))
const ids = line => (line.rules || []).map(r => r.id)
const one = (action, expression, action_parameters, more = {}) => ({ id: more.id || action, action, expression, action_parameters, ...more })
const phases = rulesets => ({ more: { rulesets } })

async function edgeWith (s, rulesets, app, more = {}) {
  app ??= await s.origin(echo)
  return s.edge({ hosts: { 'www.test': app, 'api.test': app }, ...more, more: { rulesets, ...more.more } })
}

scene('custom rules block, skip and log; the log says which', async s => {
  const edge = await edgeWith(s, {
    http_request_firewall_custom: [
      one('log', 'starts_with(http.request.uri.path, "/")', undefined, { id: 'saw' }),
      one('skip', 'http.request.headers["x-key"][0] eq "let me in"', { ruleset: 'current' }),
      one('skip', 'http.request.headers["x-quiet"][0] eq "1"', { ruleset: 'current' }, { id: 'quiet', logging: { enabled: false } }),
      one('block', 'http.request.uri.path contains "/admin"', undefined, { id: 'admin' }),
      one('block', 'http.request.uri.query contains "teapot"',
        { response: { status_code: 418, content: '{"short":"stout"}', content_type: 'application/json' } }, { id: 'tea' }),
      one('block', 'true', undefined, { id: 'off', enabled: false })
    ]
  })
  let r = await edge.get('/admin', { headers: { Accept: 'application/json' } })
  eq([r.status, JSON.parse(r.text).error_code, JSON.parse(r.text).error_category], [403, 1020, 'access_denied'])
  let line = await edge.logged({ ray: r.get('cf-ray') })
  eq([ids(line), line.error, line.rules[1]], [['saw', 'admin'], 'ERR_BLOCKED',
    { id: 'admin', phase: 'http_request_firewall_custom', action: 'block' }])
  // another way to write the path is no way around
  for (const path of ['/%61dmin', '/x/../admin', '//admin', '/x\\..\\admin', '/%2e/admin']) eq([path, (await edge.get(path)).status], [path, 403])
  r = await edge.get('/?a=teapot')
  eq([r.status, r.text, r.get('content-type')], [418, '{"short":"stout"}', 'application/json'])
  r = await edge.get('/admin', { headers: { 'X-Key': 'let me in' } })
  eq([r.status, ids(await edge.logged({ ray: r.get('cf-ray') }))], [200, ['saw', 'skip']])
  r = await edge.get('/admin', { headers: { 'X-Quiet': '1' } })
  eq([r.status, ids(await edge.logged({ ray: r.get('cf-ray') }))], [200, ['saw']])
  r = await edge.get('/fine')
  eq([r.status, JSON.parse(r.text).path], [200, '/fine'])
  // a blocked upload is answered, not read
  r = await edge.request('POST', '/admin', { body: 'x'.repeat(100000) })
  eq(r.status, 403)
})

scene('redirects, with the query and from an expression', async s => {
  const edge = await edgeWith(s, {
    http_request_dynamic_redirect: [
      one('redirect', 'http.request.uri.path eq "/old"',
        { from_value: { status_code: 301, target_url: { value: 'https://new.test/place?a=1' }, preserve_query_string: true } }, { id: 'old' }),
      one('redirect', 'http.request.uri.path wildcard "/blog/*"',
        { from_value: { status_code: 308, target_url: { expression: 'wildcard_replace(http.request.full_uri, "http://*/blog/*", "https://blog.test/${2}")' } } }),
      one('redirect', 'http.request.uri.path eq "/nowhere"', { from_value: { target_url: { expression: 'http.request.headers["to"][0]' } } }, { id: 'nowhere' })
    ]
  })
  let r = await edge.get('/old?b=2')
  eq([r.status, r.get('location'), r.text, r.get('cf-cache-status')], [301, 'https://new.test/place?a=1&b=2', '', undefined])
  eq(ids(await edge.logged({ ray: r.get('cf-ray') })), ['old'])
  r = await edge.get('/blog/2026/11')
  eq([r.status, r.get('location')], [308, 'https://blog.test/2026/11'])
  r = await edge.request('HEAD', '/old')
  eq([r.status, r.get('location')], [301, 'https://new.test/place?a=1'])
  // no address comes out: the rule does nothing, and the log says so
  r = await edge.get('/nowhere')
  eq([r.status, (await edge.logged({ ray: r.get('cf-ray') })).rules], [200,
    [{ id: 'nowhere', phase: 'http_request_dynamic_redirect', action: 'no address' }]])
})

scene('the URL is rewritten for the origin and for the cache; later phases see the new one', async s => {
  const app = await s.origin((q, reply) => reply.send(200, { 'Cache-Control': 'max-age=60' }, q.target))
  const edge = await edgeWith(s, {
    http_request_transform: [
      one('rewrite', 'starts_with(http.request.uri.path, "/v1/")', { uri: { path: { expression: 'regex_replace(http.request.uri.path, "^/v1/", "/v2/")' } } }, { id: 'v2' }),
      one('rewrite', 'http.request.uri.path eq "/q.css"', { uri: { query: { value: 'fixed=1' } } }, { id: 'query' }),
      one('rewrite', 'http.request.uri.path eq "/space"', { uri: { path: { expression: 'concat("/a b", "?c")' }, query: { value: '' } } }, { id: 'space' })
    ],
    http_request_firewall_custom: [
      one('block', 'http.request.uri.path eq "/v2/secret"', undefined, { id: 'secret' }),
      one('log', 'raw.http.request.uri.path eq "/v1/x.css"', undefined, { id: 'raw' })
    ]
  }, app)
  let r = await edge.get('/v1/x.css?y=1')
  eq([r.status, r.text], [200, '/v2/x.css?y=1'])
  const line = await edge.logged({ ray: r.get('cf-ray') })
  eq([line.path, line.rewritten, ids(line)], ['/v1/x.css?y=1', '/v2/x.css?y=1', ['v2', 'raw']])
  eq((await edge.get('/v1/secret')).status, 403)
  eq((await edge.get('/space')).text, '/a%20b%3Fc')
  eq((await edge.get('/q.css?z=1')).text, '/q.css?fixed=1')
  r = await edge.get('/q.css?z=2')
  eq([r.text, r.get('cf-cache-status')], ['/q.css?fixed=1', 'HIT'])
})

scene('an origin rule: another port, another name, another host header', async s => {
  const app = await s.origin((q, reply) => reply.send(200, {}, 'app ' + q.get('host')))
  const other = await s.origin((q, reply) => reply.send(200, {}, 'other ' + q.get('host')))
  const edge = await s.edge({
    hosts: { 'www.test': ['127.0.0.1:9'], 'other.test': other },
    more: {
      rulesets: {
        http_request_origin: [
          one('route', 'http.host eq "www.test"', { origin: { port: app.port } }, { id: 'port' }),
          one('route', 'http.request.uri.path eq "/other"', { host_header: 'inner.test', origin: { host: 'other.test', port: other.port } }, { id: 'host' })
        ]
      }
    }
  })
  let r = await edge.get('/')
  eq([r.status, r.text], [200, 'app www.test'])
  eq(ids(await edge.logged({ ray: r.get('cf-ray') })), ['port'])
  r = await edge.get('/other')
  eq([r.status, r.text], [200, 'other inner.test'])
  r = await edge.request('POST', '/', { body: 'hello' })
  eq(r.status, 200)
})

scene('header fields towards the origin', async s => {
  const edge = await edgeWith(s, {
    http_request_late_transform: [
      one('rewrite', 'true', {
        headers: {
          'X-Static': { operation: 'set', value: 'one' },
          'X-Who': { operation: 'set', expression: 'concat(to_string(ip.src), " ", http.request.method)' },
          Cookie: { operation: 'remove' },
          'X-None': { operation: 'set', expression: 'http.request.headers["absent"][0]' },
          'X-Evil': { operation: 'set', expression: 'url_decode(http.request.uri.query)' }
        }
      })
    ]
  })
  const r = await edge.get('/?a%0d%0aInjected:%20yes', { headers: { Cookie: 'a=b', 'x-static': 'from the visitor', 'X-None': 'x' } })
  const got = JSON.parse(r.text).fields
  eq([got['x-static'], got['x-who'], got.cookie, got['x-none'], got.injected, got['x-evil']],
    ['one', '127.0.0.1 GET', undefined, undefined, undefined, undefined])
})

scene('cache rules: what is cached, for how long, and the last one decides', async s => {
  const app = await s.origin((q, reply) => reply.send(q.path.startsWith('/gone') ? 404 : 200, { 'Cache-Control': q.path === '/browser' ? 'max-age=5' : 'no-store', 'Content-Type': 'text/html' }, 'x'))
  const edge = await edgeWith(s, {
    http_request_cache_settings: [
      one('set_cache_settings', 'true', { cache: true, edge_ttl: { mode: 'override_origin', default: 60, status_code_ttl: [{ status_code: 404, value: -1 }] } }, { id: 'all' }),
      one('set_cache_settings', 'starts_with(http.request.uri.path, "/private")', { cache: false }, { id: 'private' }),
      one('set_cache_settings', 'http.request.uri.path eq "/browser"', { browser_ttl: { mode: 'override_origin', default: 77 } }, { id: 'browser' })
    ]
  }, app)
  const status = async p => (await edge.get(p)).get('cf-cache-status')
  eq([await status('/page'), await status('/page')], ['MISS', 'HIT'])
  eq([await status('/private'), await status('/private')], ['DYNAMIC', 'DYNAMIC'])
  eq([await status('/gone'), await status('/gone')], ['BYPASS', 'BYPASS'])
  const r = await edge.get('/browser')
  eq([r.get('cf-cache-status'), r.get('cache-control')], ['MISS', 'max-age=77'])
  eq(ids(await edge.logged({ ray: r.get('cf-ray') })), ['all', 'browser'])
})

scene('header fields towards the visitor, from the origin and from the cache', async s => {
  const app = await s.origin((q, reply) => reply.send(200, { 'X-Powered-By': 'secret', ...(q.path === '/b.css' ? {} : { 'Set-Cookie': 'a=b' }), 'Cache-Control': 'max-age=60' }, 'x'))
  const edge = await edgeWith(s, {
    http_response_headers_transform: [
      one('rewrite', 'http.response.code eq 200', {
        headers: {
          'X-Powered-By': { operation: 'remove' },
          'X-Frame-Options': { operation: 'set', value: 'DENY' },
          'Set-Cookie': { operation: 'add', expression: 'concat("path=", http.request.uri.path)' },
          'X-Type': { operation: 'set', expression: 'to_string(http.response.code)' }
        }
      })
    ]
  }, app)
  for (const [path, cached] of [['/page', 'DYNAMIC'], ['/a.css', 'BYPASS'], ['/b.css', 'MISS'], ['/b.css', 'HIT']]) {
    const r = await edge.get(path)
    eq([r.get('x-powered-by'), r.get('x-frame-options'), r.get('x-type'), r.get('cf-cache-status'), r.text], [undefined, 'DENY', '200', cached, 'x'])
    eq(r.all('set-cookie'), path === '/b.css' ? [`path=${path}`] : ['a=b', `path=${path}`])
  }
})

scene('custom errors: for the origin\'s answers and for those of the edge', async s => {
  const app = await s.origin({ '/bad': { status: 500, body: 'trace' }, '/ok': 'fine' })
  const edge = await edgeWith(s, {
    http_request_firewall_custom: [one('block', 'http.request.uri.path eq "/no"')],
    http_custom_errors: [
      one('serve_error', 'http.response.code ge 500', { content: '<h1>Soon</h1>', content_type: 'text/html', status_code: 503 }, { id: 'soon' }),
      one('serve_error', 'http.response.code eq 403', { content: 'no way', content_type: 'text/plain' }, { id: 'no' })
    ]
  }, app)
  let r = await edge.get('/bad')
  eq([r.status, r.text, r.get('content-type')], [503, '<h1>Soon</h1>', 'text/html'])
  r = await edge.get('/no')
  eq([r.status, r.text, ids(await edge.logged({ ray: r.get('cf-ray') }))], [403, 'no way', ['block', 'no']])
  eq((await edge.get('/ok')).text, 'fine')
  await app.stop()
  eq((await edge.get('/ok')).status, 503)
})

scene('address rules, lockdowns, agents, and requests without an agent', async s => {
  const app = await s.origin(echo)
  const edge = await s.edge({
    hosts: { 'www.test': app },
    more: {
      access_rules: [
        { id: 'bad', mode: 'block', configuration: { target: 'ip_range', value: '127.0.0.8/29' } },
        { id: 'good', mode: 'whitelist', configuration: { target: 'ip', value: '127.0.0.9' } }
      ],
      lockdowns: [{ id: 'lock', urls: ['www.test/admin*'], configurations: [{ target: 'ip', value: '127.0.0.2' }] }],
      ua_rules: [{ mode: 'block', configuration: { target: 'ua', value: 'BadBot/1.0' } }],
      rulesets: {
        http_request_firewall_custom: [one('block', 'http.request.uri.path eq "/x"')],
        http_config_settings: [one('set_config', 'http.request.uri.path eq "/browsers"', { bic: true })]
      }
    }
  })
  const from = async (address, path, headers = {}) => {
    const c = await s.client(edge, { from: address })
    const r = await c.get(path, { headers: { Accept: 'application/json', 'User-Agent': 'test', ...headers } })
    return r.status === 200 ? 200 : JSON.parse(r.text).error_code
  }
  eq(await from('127.0.0.1', '/'), 200)
  eq(await from('127.0.0.10', '/'), 1006)
  eq(await from('127.0.0.9', '/x'), 200)
  eq(await from('127.0.0.1', '/x'), 1020)
  eq(await from('127.0.0.1', '/admin/users'), 1106)
  eq(await from('127.0.0.2', '/admin/users'), 200)
  eq(await from('127.0.0.1', '/', { 'User-Agent': 'BadBot/1.0' }), 1020)
  eq(await from('127.0.0.2', '/admin', { 'User-Agent': 'BadBot/1.0' }), 200)
  const bare = await edge.request('GET', '/browsers', { headers: { Accept: 'application/json' } })
  eq([bare.status, JSON.parse(bare.text).error_code], [403, 1010])
  eq(await from('127.0.0.1', '/browsers'), 200)
  await waitFor(() => edge.log().filter(l => l.rules?.some(r => r.phase === 'access_rules')).length >= 2)
})

scene('a pattern that never ends costs little; lists; a change of rules is live at once', async s => {
  const app = await s.origin(echo)
  const item = rules => zone('test', { 'www.test': app }, { lists: { office: { kind: 'ip', items: ['127.0.0.0/24'] } }, rulesets: { http_request_firewall_custom: rules } })
  const edge = await s.edge({ plan: [item([one('block', 'http.request.uri.query matches "^(a+a+)+[yz]"'), one('block', 'not ip.src in $office', undefined, { id: 'out' })])], zone: 'test' })
  await waitFor(async () => (await edge.get('/', { headers: { Host: 'www.test' } })).status === 200)
  const begin = process.hrtime.bigint()
  eq((await edge.get('/?' + 'a'.repeat(5000), { headers: { Host: 'www.test' } })).status, 200)
  ok(process.hrtime.bigint() - begin < 2_000_000_000n)
  edge.plan(item([one('block', 'ip.src in $office')]))
  await waitFor(async () => (await edge.get('/', { headers: { Host: 'www.test' } })).status === 403)
})
