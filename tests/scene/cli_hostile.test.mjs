// SPDX-License-Identifier: Apache-2.0
// The command line against an API that answers badly: it says so and ends, and shows a terminal nothing but text.
import { scene, eq, ok } from '../lib/scene.mjs'
import { command } from '../lib/api.mjs'

const json = (value, status = 200) => ({ status, headers: { 'Content-Type': 'application/json' }, body: typeof value === 'string' ? value : JSON.stringify(value) })
const list = (result, info = { page: 1, total_pages: 1 }) => json({ success: true, result, errors: [], messages: [], result_info: info })

/** `seawall zones list` of an API that answers like that. */
async function told (s, answer, ...args) {
  const api = await s.origin(async (q, reply) => { await reply.send(answer.status ?? 200, answer.headers, answer.body) })
  const r = await command([...(args.length ? args : ['zones', 'list']), '--api', `http://${api.address}`], { env: { SEAWALL_TOKEN: 'secret-token' } })
  return { ...r, api }
}

scene('an answer that is no answer', async s => {
  for (const [answer, status, pattern] of [
    [{ headers: { 'Content-Type': 'text/html' }, body: '<html>' }, 3, /answered 200, but not in JSON; is this the API\?/],
    [json('{"success":'), 3, /not in JSON/],
    [json('[1]'), 3, /not in JSON/],
    [json('"text"'), 3, /not in JSON/],
    [json({ success: false }, 500), 3, /answered 500 without a reason/],
    [json({ success: false, errors: [{ code: 10000, message: 'no \u001b[31mway\u0007', source: { pointer: '/a\u001b' } }], messages: [{ message: 'a hint' }] }, 400), 1, /no \?\[31mway\? \(code 10000, at \/a\?\)\n {2}a hint/],
    [json({ success: false, errors: [{ code: 9109, message: 'Invalid access token', error_chain: [{ code: 1, message: 'deeper' }] }] }, 403), 3, /Invalid access token \(code 9109\)\n {4}deeper \(code 1\)\n.*--token-file/],
    [json({ success: 'yes', result: [] }), 1, /without a reason/]
  ]) {
    const r = await told(s, answer)
    eq([r.status, r.out, pattern.test(r.err)], [status, '', true], r.err)
    ok(!/secret-token/.test(r.err))
  }
})

scene('a redirect is not followed: the token stays where it was meant to go', async s => {
  const other = await s.origin({ '/client/v4/zones': list([]) })
  const r = await told(s, { status: 302, headers: { Location: `http://${other.address}/client/v4/zones` }, body: '' })
  eq([r.status, other.requests.length], [3, 0])
})

scene('lists of anything are shown as text, cut to the terminal', async s => {
  const strange = [{ id: 5, name: 'a\u001b]0;title\u0007', status: null, name_servers: 'x', paused: {} }, 'text', null, [], { name: 'x'.repeat(300), name_servers: ['\u202Eabc', 7] }]
  const r = await told(s, list(strange))
  // eslint-disable-next-line no-control-regex
  eq([r.status, /[\u0000-\u0009\u000b-\u001f\u007f\u202e]/.test(r.out), r.out.trim().split('\n').length], [0, false, 6], r.out)
  const whole = await told(s, list(strange), 'zones', 'list', '--json')
  eq(JSON.parse(whole.out), strange)
  for (const [words, answer] of [[['records', 'list', 'x.test'], list(strange)], [['settings', 'list', 'x.test'], list(strange)], [['tokens', 'list'], list(strange)], [['access', 'list', 'x.test'], list(strange)], [['rules', 'list', 'x.test'], list(strange)], [['rules', 'list', 'x.test'], json({ success: true, result: { rules: strange } })], [['zones', 'show', 'x.test'], list(strange)], [['ips'], list(strange)], [['export', 'x.test'], list(strange)]]) {
    const one = await told(s, answer, ...words)
    // eslint-disable-next-line no-control-regex
    ok([0, 1].includes(one.status) && !/[\u0000-\u0009\u000b-\u001f\u007f]/.test(one.out + one.err), `${words.join(' ')}: ${one.status} ${one.out} ${one.err}`)
  }
})

scene('an API that is cut off, and pages that end only with an empty one', async s => {
  const cut = await s.origin(async (q, reply) => { await reply.raw('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"succ'); await reply.close() })
  const r = await command(['zones', 'list', '--api', `http://${cut.address}`], { env: { SEAWALL_TOKEN: 't' } })
  eq([r.status, /cannot ask the API/.test(r.err)], [3, true], r.err)
  let asked = 0
  const pages = await s.origin(async (q, reply) => { asked++; const a = list(asked < 4 ? [{ name: `z${asked}.test` }] : [], { page: asked }); await reply.send(a.status, a.headers, a.body) })
  const all = await command(['zones', 'list', '--json', '--api', `http://${pages.address}`], { env: { SEAWALL_TOKEN: 't' } })
  eq(JSON.parse(all.out).map(z => z.name), ['z1.test', 'z2.test', 'z3.test'])
})
