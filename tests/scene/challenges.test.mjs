// SPDX-License-Identifier: Apache-2.0
// Challenges: the three rungs, what passes them, for whom and for how long. The browser that passes by itself:
// tests/suites/browser.
import { scene, eq, ok, assert } from '../lib/scene.mjs'
import { hidden, solve } from '../lib/puzzle.mjs'

const custom = (action, expression = 'true', more = {}) => ({ more: { rulesets: { http_request_firewall_custom: [{ id: action, action, expression, ...more }] } } })
const edgeWith = async (s, more, script) => s.edge({ hosts: { 'www.test': await s.origin(script ?? ((q, reply) => reply.send(200, {}, 'inside ' + q.target))) }, ...more })
const cookieOf = (r, name) => r.headers.list.filter(([n]) => n.toLowerCase() === 'set-cookie').map(([, v]) => v.split(';')[0]).find(v => v.startsWith(name + '='))

const verify = (puzzle, answer, back = '/') => `/cdn-cgi/challenge-platform/verify?p=${puzzle}&a=${answer}&u=${encodeURIComponent(back)}`

scene('managed challenge: a client that keeps cookies gets through by two redirects, without a script', async s => {
  const edge = await edgeWith(s, custom('managed_challenge'))
  let r = await edge.get('/page?a=1&b=%20')
  eq([r.status, r.get('cf-mitigated'), r.get('cache-control')], [302, 'challenge', 'private, no-store, max-age=0'])
  eq((await edge.logged({ ray: r.get('cf-ray') })).error, 'ERR_CHALLENGE')
  const first = cookieOf(r, 'cf_chl')
  r = await edge.get(r.get('location'), { headers: { Cookie: first } })
  eq([r.status, r.get('location')], [303, '/page?a=1&b=%20'])
  const clearance = cookieOf(r, 'cf_clearance')
  ok(/cf_clearance=[^;]+; Path=\/; Max-Age=1800; HttpOnly; SameSite=Lax$/.test(r.headers.list.find(([n, v]) => n.toLowerCase() === 'set-cookie' && v.startsWith('cf_cl'))[1]))
  r = await edge.get('/page?a=1&b=%20', { headers: { Cookie: `x=1; ${clearance}` } })
  eq([r.status, r.text], [200, 'inside /page?a=1&b=%20'])
  // from another address, or as another program, it is worth nothing
  eq((await edge.get('/', { headers: { Cookie: clearance }, from: '127.0.0.9' })).status, 302)
  eq((await edge.get('/', { headers: { Cookie: clearance, 'User-Agent': 'other' } })).status, 302)
  eq((await edge.get('/', { headers: { Cookie: clearance.replace(/.$/, c => c === 'A' ? 'B' : 'A') } })).status, 302)
  // without cookies there is a page, not a circle
  r = await edge.get('/cdn-cgi/challenge-platform/cookie?u=%2F')
  eq([r.status, r.get('cf-mitigated')], [403, 'challenge'])
  // what is no GET cannot be sent round
  eq((await edge.request('POST', '/', { body: 'x' })).status, 403)
})

scene('js challenge: the page is solved by work; a lower rung does not do; nobody is sent elsewhere', async s => {
  const edge = await edgeWith(s, custom('js_challenge'))
  let r = await edge.get('/in?x=<y>', { headers: { 'Accept-Language': 'de-CH, fr;q=0.5' } })
  eq([r.status, r.get('content-type'), r.get('cf-mitigated')], [403, 'text/html; charset=utf-8', 'challenge'])
  ok(r.text.includes('<html lang="de">') && r.text.length < 10240, `${r.text.length} bytes`)
  ok(r.get('content-security-policy').includes("default-src 'none'"))
  ok(!r.text.includes('<y>'))
  const puzzle = hidden(r.text, 'p')
  const answer = solve(puzzle)
  eq((await edge.get(verify(puzzle, answer), { from: '127.0.0.9' })).status, 403)
  eq((await edge.get(verify(puzzle, answer + 'x'))).status, 403)
  eq((await edge.get(verify(puzzle.replace(/^p\.\d/, 'p.3'), answer))).status, 403)
  // waiting is for eight seconds at least
  eq((await edge.get(verify(puzzle, ''))).status, 403)
  for (const [back, to] of [['/in?x=1', '/in?x=1'], ['//evil.test/', '/'], ['https://evil.test/', '/'], ['/\\evil.test', '/'], ['/a\r\nSet-Cookie: x=1', '/'], ['', '/']]) {
    r = await edge.get(verify(puzzle, answer, back))
    eq([back, r.status, r.get('location')], [back, 303, to])
  }
  r = await edge.get('/in', { headers: { Cookie: cookieOf(r, 'cf_clearance') } })
  eq(r.text, 'inside /in')
  // the redirect's clearance is worth less than the work
  const low = await edge.get('/cdn-cgi/challenge-platform/cookie?u=/', { headers: { Cookie: 'cf_chl=' + puzzle } })
  eq(low.status, 303)
  eq((await edge.get('/', { headers: { Cookie: cookieOf(low, 'cf_clearance') } })).status, 403)
})

scene('challenge: the page asks for a person, and its clearance is good for every rung', async s => {
  const app = await s.origin((q, reply) => reply.send(200, {}, 'inside'))
  const rules = ['challenge', 'js_challenge', 'managed_challenge'].map(a => ({ id: a, action: a, expression: `http.request.uri.path eq "/${a}"` }))
  const edge = await s.edge({ hosts: { 'www.test': app }, more: { rulesets: { http_request_firewall_custom: rules }, challenge_ttl: 300 } })
  let r = await edge.get('/challenge')
  ok(r.text.includes('data-person="1"'))
  const puzzle = hidden(r.text, 'p')
  r = await edge.get(verify(puzzle, solve(puzzle)))
  const cookie = cookieOf(r, 'cf_clearance')
  ok(r.headers.list.some(([n, v]) => n.toLowerCase() === 'set-cookie' && v.includes('Max-Age=300')))
  for (const a of ['challenge', 'js_challenge', 'managed_challenge']) eq([a, (await edge.get('/' + a, { headers: { Cookie: cookie } })).status], [a, 200])
})

scene('under attack every visitor works first, but for whom a rule or an address rule excepts; validations pass', async s => {
  const edge = await edgeWith(s, {
    more: {
      security_level: 'under_attack',
      access_rules: [{ mode: 'whitelist', configuration: { target: 'ip', value: '127.0.0.7' } }],
      rulesets: { http_request_firewall_custom: [{ id: 'feed', action: 'skip', expression: 'http.request.uri.path eq "/feed"', action_parameters: { products: ['securityLevel'] } }] }
    }
  })
  let r = await edge.get('/')
  eq(r.status, 403)
  const puzzle = hidden(r.text, 'p')
  r = await edge.get(verify(puzzle, solve(puzzle)))
  eq((await edge.get('/', { headers: { Cookie: cookieOf(r, 'cf_clearance') } })).text, 'inside /')
  eq((await edge.get('/feed')).text, 'inside /feed')
  eq((await edge.get('/', { from: '127.0.0.7' })).text, 'inside /')
  eq((await edge.get('/.well-known/acme-challenge/abc')).text, 'inside /.well-known/acme-challenge/abc')
})

scene('a rate limit whose action is a challenge: passing it makes the count begin anew', async s => {
  const edge = await edgeWith(s, { more: { rulesets: { http_ratelimit: [{ id: 'l', action: 'js_challenge', expression: 'true', ratelimit: { characteristics: ['ip.src'], period: 60, requests_per_period: 2, mitigation_timeout: 600 } }] } } })
  eq([(await edge.get('/')).status, (await edge.get('/')).status], [200, 200])
  let r = await edge.get('/')
  eq([r.status, r.get('cf-mitigated')], [429, 'challenge'])
  const puzzle = hidden(r.text, 'p')
  r = await edge.get(verify(puzzle, solve(puzzle)))
  const headers = { Cookie: cookieOf(r, 'cf_clearance') }
  eq((await edge.get('/', { headers })).status, 200)
  eq((await edge.get('/')).status, 200)
})

scene('browser_check: who does not say what he is, is refused', async s => {
  const edge = await edgeWith(s, { more: { browser_check: true } })
  const r = await edge.get('/', { headers: { Accept: 'application/json' } })
  eq([r.status, JSON.parse(r.text).error_code], [403, 1010])
  eq((await edge.get('/', { headers: { 'User-Agent': 'x' } })).status, 200)
})
void assert
