// SPDX-License-Identifier: Apache-2.0
// The autopilot through the live edge: a flood that the origin cannot take is held back, known visitors are served, and
// everything is as before when it is over. The laboratory with figures: tests/attack.
import { scene, eq, ok, waitFor, sleep, ms, QUICK } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { hidden, solve } from '../lib/puzzle.mjs'

/** An origin that answers `capacity` requests a second, one after the other. */
function slowOrigin (capacity) {
  let free = 0
  return async (q, reply) => {
    const now = Date.now()
    free = Math.max(now, free) + 1000 / capacity
    await sleep(free - now)
    await reply.send(200, { 'Cache-Control': 'no-store' }, 'page')
  }
}

/** Asks again and again from an address until told to stop; counts statuses. */
function asker (edge, from, { every, headers = {}, path = () => '/' }) {
  const seen = {}
  let stop = false
  const done = (async () => {
    while (!stop) {
      try { const r = await edge.request('GET', path(), { from, headers }); seen[r.status] = (seen[r.status] || 0) + 1 } catch (e) { seen.error = (seen.error || 0) + 1 }
      if (every) await sleep(every)
    }
  })()
  return { seen, stop: async () => { stop = true; await done; return seen } }
}

/** What needs a past first is left out of the quick run: suites/attack has it there. */
const long = QUICK ? () => {} : scene

long('a flood from many addresses is challenged, whom the edge knows is served, and the events say what was seen', async s => {
  const edge = await edgeWithApi(s)
  const zone = (await edge.api.post('/zones', { name: 'example.test' })).id
  const origin = await s.origin(slowOrigin(60))
  await edge.api.post(`/zones/${zone}/dns_records`, { type: 'A', name: 'www', content: '127.0.0.1', proxied: true })
  await edge.api.must('PATCH', `/zones/${zone}/settings/ssl`, { value: 'flexible' })
  await edge.api.must('PUT', `/zones/${zone}/rulesets/phases/http_request_origin/entrypoint`, { rules: [{ expression: 'true', action: 'route', action_parameters: { origin: { port: origin.port } } }] })
  eq((await edge.api.get(`/zones/${zone}/settings/autopilot`)).value, 'act')
  const Host = 'www.example.test'
  const known = []
  for (let i = 1; i <= 4; i++) known.push(asker(edge, `127.0.1.${i}`, { every: 400, headers: { Host, 'User-Agent': 'Browser/1', Accept: 'text/html' } }))
  // its past
  await sleep(ms(2000) < 9000 ? 9000 : ms(2000))
  for (const k of known) for (const n of Object.keys(k.seen)) delete k.seen[n]
  const bad = []
  for (let i = 1; i <= 40; i++) bad.push(asker(edge, `127.0.2.${i}`, { every: 40, headers: { Host, 'User-Agent': 'flood' }, path: () => '/?' + Math.random() }))
  await waitFor(() => bad.some(b => b.seen[302] || b.seen[403]), 'the flood is challenged')
  await sleep(3000)
  const good = {}
  for (const k of known) for (const [n, c] of Object.entries(await k.stop())) good[n] = (good[n] || 0) + c
  const flood = {}
  for (const b of bad) for (const [n, c] of Object.entries(await b.stop())) flood[n] = (flood[n] || 0) + c
  eq(Object.keys(good), ['200'], JSON.stringify({ good, flood }))
  ok((flood[302] || 0) + (flood[403] || 0) > (flood[200] || 0), JSON.stringify({ good, flood }))
  const events = await waitFor(async () => { const e = await edge.api.get(`/zones/${zone}/shield/events`); return e.some(x => x.event === 'attack_began') && e }, 'the event')
  const began = events.find(x => x.event === 'attack_began')
  ok(began.requests_per_second > began.usual_per_second && began.zone === 'example.test', JSON.stringify(began))
  const met = events.find(x => x.event === 'signature_met')
  if (met) eq([met.request.agent, met.features.includes('agent')], ['flood', true])
  ok(/attack_began/.test(await edge.api.does('shield', 'events', 'example.test')))
})

scene('many wrong passwords: the next one has to be worked for, a visitor who knows his is not asked', async s => {
  const app = await s.origin((q, reply) => reply.send(q.get('x-password') === 'right' ? 200 : 401, {}, ''))
  const edge = await s.edge({ hosts: { 'www.test': app }, more: { autopilot: 'act' } })
  const login = (password, from) => edge.request('POST', '/login', { from, headers: { 'X-Password': password, 'Content-Length': '0' } })
  for (let i = 0; i < 20; i++) eq((await login('wrong', '127.0.3.1')).status, 401)
  const r = await login('wrong', '127.0.3.1')
  eq([r.status, r.get('cf-mitigated')], [403, 'challenge'])
  eq((await edge.get('/', { from: '127.0.3.1' })).status, 401)
  for (let i = 0; i < 50; i++) eq((await login(i % 10 ? 'wrong' : 'right', '127.0.3.2')).status, i % 10 ? 401 : 200)
})

scene('who goes on guessing although he is held back is banned for a while; not who passes, nor who can never be', async s => {
  const app = await s.origin((q, reply) => reply.send(q.get('x-password') === 'right' ? 200 : 401, {}, ''))
  const edge = await edgeWithApi(s, { hosts: { 'www.test': app }, more: { autopilot: 'act' }, config: { shield: { allow: '127.0.3.9' }, limits: { ban_after: 15, ban_s: 3 } } })
  const login = (password, from, headers = {}) => edge.request('POST', '/login', { host: 'www.test', from, headers: { 'X-Password': password, 'Content-Length': '0', ...headers } }).then(r => r.status, () => 'shut')
  const guess = async (from, n, headers) => { const seen = []; for (let i = 0; i < n; i++) seen.push(await login('wrong', from, headers)); return seen }
  eq((await guess('127.0.3.1', 34)).slice(-14), Array(14).fill(403))
  eq(await edge.api.get('/seawall/bans'), [])
  await guess('127.0.3.1', 1)
  const bans = await waitFor(async () => { const b = await edge.api.get('/seawall/bans'); return b.length && b }, { within: 15000, every: 20, what: 'the ban' })
  eq(bans.map(b => [b.network, b.source, b.reason]), [['127.0.3.1', 'autopilot', 'test: 15 requests went on after they were held back']])
  const events = await edge.api.call('GET', '/seawall/bans') // answered after the list was live
  eq([events.status, await login('right', '127.0.3.1'), await login('right', '127.0.3.2')], [200, 'shut', 200])
  // somebody there passes a challenge: they start again, and are not banned
  await guess('127.0.3.4', 30)
  const page = await edge.request('POST', '/login', { host: 'www.test', from: '127.0.3.4', headers: { 'X-Password': 'wrong', 'Content-Length': '0' } })
  const puzzle = hidden(page.text, 'p')
  const way = await edge.get(`/cdn-cgi/challenge-platform/verify?p=${puzzle}&a=${solve(puzzle)}&u=%2F`, { host: 'www.test', from: '127.0.3.4' })
  const cookie = way.headers.list.filter(([n]) => n.toLowerCase() === 'set-cookie').map(([, v]) => v.split(';')[0]).find(v => v.startsWith('cf_clearance='))
  eq((await guess('127.0.3.4', 3, { Cookie: cookie })).every(x => x === 401), true)
  eq((await guess('127.0.3.4', 40)).slice(-1), [403]) // nor anybody else there, for a while: behind one address may be many
  // an address with a past of good answers is held back, and no more
  for (let i = 0; i < 50; i++) eq(await login('right', '127.0.3.5'), 200)
  eq((await guess('127.0.3.5', 34)).slice(-1), [403])
  // who can never be banned too
  eq((await guess('127.0.3.9', 60)).slice(-1), [403])
  eq((await edge.api.get('/seawall/bans')).filter(b => b.network !== '127.0.3.1'), [])
  await waitFor(async () => await login('right', '127.0.3.1') !== 'shut', { within: 20000, every: 100, what: 'the end of the ban' })
  eq(await edge.api.get('/seawall/bans'), [])
})

long('watch only: nobody is held back', async s => {
  const edge = await s.edge({ hosts: { 'www.test': await s.origin(slowOrigin(40)) }, more: { autopilot: 'watch' } })
  const calm = asker(edge, '127.0.1.1', { every: 300 })
  await sleep(6500)
  const bad = []
  for (let i = 1; i <= 30; i++) bad.push(asker(edge, `127.0.2.${i}`, { every: 30 }))
  await sleep(4000)
  const seen = {}
  for (const b of [calm, ...bad]) for (const [n, c] of Object.entries(await b.stop())) seen[n] = (seen[n] || 0) + c
  eq(Object.keys(seen), ['200'])
})
