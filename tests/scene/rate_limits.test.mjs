// SPDX-License-Identifier: Apache-2.0
// Rate limits of a zone (phase http_ratelimit) through the live edge: who is told apart, what is counted, what happens.
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'

const PHASE = 'http_ratelimit'
const rule = (ratelimit, more = {}) => ({ id: 'limit', action: 'block', expression: 'true', ratelimit: { characteristics: ['cf.colo.id', 'ip.src'], period: 60, mitigation_timeout: 60, ...ratelimit }, ...more })
const edgeWith = async (s, rules, script) => s.edge({ hosts: { 'www.test': await s.origin(script ?? ((q, reply) => reply.send(200, {}, 'fine'))) }, more: { rulesets: { [PHASE]: rules } } })
const statuses = async (edge, n, path = '/', options = {}) => { const all = []; for (let i = 0; i < n; i++) all.push((await edge.get(path, options)).status); return all }

scene('the request over the limit is refused with 429, for its address alone, and says when to come again', async s => {
  const edge = await edgeWith(s, [rule({ requests_per_period: 3 }, { expression: 'http.request.uri.path eq "/login"' })])
  eq(await statuses(edge, 5, '/login'), [200, 200, 200, 429, 429])
  const r = await edge.get('/login', { headers: { Accept: 'application/json' } })
  const body = JSON.parse(r.text)
  eq([r.status, body.error_code, body.error_category], [429, 1015, 'rate_limit'])
  ok(Number(r.get('retry-after')) > 50 && Number(r.get('retry-after')) <= 60, r.get('retry-after'))
  const line = await edge.logged({ ray: r.get('cf-ray') })
  eq([line.error, line.rules], ['ERR_RATE', [{ id: 'limit', phase: PHASE, action: 'block' }]])
  // other pages, and another address, are not meant
  eq(await statuses(edge, 2, '/'), [200, 200])
  eq(await statuses(edge, 4, '/login', { from: '127.0.0.9' }), [200, 200, 200, 429])
})

scene('visitors are told apart by fields; what is missing is not what is empty', async s => {
  const edge = await edgeWith(s, [rule({ characteristics: ['http.request.headers["x-key"]'], requests_per_period: 1 })])
  const as = key => ({ headers: { 'X-Key': key } })
  eq(await statuses(edge, 2, '/', as('a')), [200, 429])
  eq(await statuses(edge, 2, '/', as('b')), [200, 429])
  eq(await statuses(edge, 2, '/', as('')), [200, 429])
  eq(await statuses(edge, 2, '/'), [200, 429])
  eq(await statuses(edge, 2, '/', as('x'.repeat(3000))), [200, 429])
})

scene('counting answers: three wrong passwords, then the door is shut; a good one does not count', async s => {
  const edge = await edgeWith(s, [rule({ requests_per_period: 2, counting_expression: 'http.request.uri.path eq "/login" and http.response.code eq 401' }, { expression: 'http.request.uri.path eq "/login"' })],
    (q, reply) => reply.send(q.get('x-password') === 'right' ? 200 : 401, {}, ''))
  const right = { headers: { 'X-Password': 'right' } }
  eq(await statuses(edge, 4, '/login', right), [200, 200, 200, 200])
  eq(await statuses(edge, 4, '/login'), [401, 401, 401, 429])
  eq(await statuses(edge, 1, '/login', right), [429])
  eq(await statuses(edge, 1, '/', right), [200])
})

scene('requests_to_origin: what the cache answers is not counted', async s => {
  const edge = await edgeWith(s, [rule({ requests_per_period: 2, requests_to_origin: true })],
    (q, reply) => reply.send(200, { 'Cache-Control': 'max-age=100' }, 'x'))
  eq(await statuses(edge, 6, '/a.css'), [200, 200, 200, 200, 200, 200])
  eq(await statuses(edge, 3, '/page'), [200, 200, 429])
})

scene('points of an answer: complexity is what is limited', async s => {
  const edge = await edgeWith(s, [rule({ score_per_period: 100, score_response_header_name: 'X-Cost' })],
    (q, reply) => reply.send(200, { 'X-Cost': q.target.slice(1) }, ''))
  eq(await statuses(edge, 3, '/30'), [200, 200, 200])
  eq(await statuses(edge, 1, '/none'), [200])
  eq(await statuses(edge, 1, '/11'), [200])
  eq(await statuses(edge, 1, '/1'), [429])
})

scene('own answers, log only, skipped by a custom rule, and without a timeout only what is too much', async s => {
  const app = await s.origin((q, reply) => reply.send(200, {}, 'fine'))
  const edge = await s.edge({
    hosts: { 'www.test': app },
    more: {
      rulesets: {
        http_request_firewall_custom: [{ id: 'friend', action: 'skip', expression: 'http.user_agent eq "monitor"', action_parameters: { phases: [PHASE] } }],
        [PHASE]: [
          rule({ requests_per_period: 1 }, { id: 'seen', action: 'log' }),
          rule({ requests_per_period: 2, mitigation_timeout: 0, period: 3600 }, { id: 'throttle', action_parameters: { response: { status_code: 420, content: '{"calm":true}', content_type: 'application/json' } } })
        ]
      }
    }
  })
  eq(await statuses(edge, 2), [200, 200])
  const r = await edge.get('/')
  eq([r.status, r.text, r.get('content-type')], [420, '{"calm":true}', 'application/json'])
  ok(Number(r.get('retry-after')) > 0)
  const line = await edge.logged({ ray: r.get('cf-ray') })
  eq(line.rules.map(x => x.id), ['seen', 'throttle'])
  eq(await statuses(edge, 3, '/', { headers: { 'User-Agent': 'monitor' } }), [200, 200, 200])
})

scene('a period ends', async s => {
  const edge = await edgeWith(s, [rule({ requests_per_period: 1, period: 1, mitigation_timeout: 1 })])
  eq(await statuses(edge, 2), [200, 429])
  await waitFor(async () => (await edge.get('/')).status === 200, 'the door opens again')
})
