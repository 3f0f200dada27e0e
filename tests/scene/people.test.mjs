// SPDX-License-Identifier: Apache-2.0
// People who sign in with a password: who they are, what they may, their second factor, and what strangers try.
import { scene, eq, ok } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { totp } from '../lib/totp.mjs'

const WORD = 'correct horse battery'
const EVERYTHING = { email: 'anna@example.test', password: WORD, admin: true }

/** What is there after a sign-in: the answer, and calls with its cookie. */
async function signIn (edge, body, headers = {}) {
  const r = await fetch(`http://127.0.0.1:${edge.api.port}/client/v4/seawall/session`, { method: 'POST', body: JSON.stringify(body), headers })
  const { result, errors } = await r.json()
  const cookie = r.headers.get('set-cookie')?.split(';')[0]
  const call = async (method, to, body, more = { 'Seawall-CSRF': result?.csrf }) => {
    const a = await fetch(`http://127.0.0.1:${edge.api.port}/client/v4${to}`, { method, body: body && JSON.stringify(body), headers: { Cookie: cookie, ...method !== 'GET' && more } })
    const j = await a.json()
    return { status: a.status, result: j.result, code: j.errors?.[0]?.code, message: j.errors?.[0]?.message, pointer: j.errors?.[0]?.source?.pointer }
  }
  return { status: r.status, cookie, result, code: errors?.[0]?.code, pointer: errors?.[0]?.source?.pointer, message: errors?.[0]?.message, call }
}

const node = s => edgeWithApi(s, {})

scene('a person signs in, works and is seen in the audit log; the password is nowhere to be read', async s => {
  const edge = await node(s)
  const made = await edge.api.post('/seawall/users', EVERYTHING)
  eq([made.email, made.admin, made.two_factor, made.status], ['anna@example.test', true, false, 'active'])
  const me = await signIn(edge, { email: 'Anna@Example.TEST', password: WORD })
  eq([me.status, me.result.name, me.result.admin, me.result.person], [200, 'anna@example.test', true, true])
  eq((await me.call('POST', '/zones', { name: 'one.test' })).status, 200)
  eq((await me.call('POST', '/zones', { name: 'two.test' }, {})).status, 403)
  eq((await me.call('POST', '/zones', { name: 'two.test' }, { 'Seawall-CSRF': me.result.csrf, 'Sec-Fetch-Site': 'cross-site' })).status, 403)
  eq((await signIn(edge, { email: EVERYTHING.email, password: WORD }, { 'Sec-Fetch-Site': 'cross-site' })).status, 403)
  const rows = await edge.api.get('/user/audit_logs')
  ok(rows.some(r => r.action.type === 'sign_in' && r.actor.name === 'anna@example.test'), JSON.stringify(rows.map(r => r.action)))
  ok(rows.some(r => r.resource.type === 'zone' && r.actor.name === 'anna@example.test'))
  const seen = JSON.stringify([rows, made, await edge.api.get('/seawall/users'), me.result]) + edge.output
  ok(!seen.includes(WORD) && !seen.includes('scrypt:'), 'the password, or what is kept of it, was told')
  // over a restart
  await edge.stop()
  await edge.start()
  await edge.api.ready()
  eq((await me.call('GET', '/zones')).result.map(z => z.name), ['one.test'])
  eq((await signIn(edge, { email: EVERYTHING.email, password: WORD })).status, 200)
})

scene('who is refused learns nothing: the same answer for a wrong password and for nobody, and then a wait', async s => {
  const edge = await node(s)
  await edge.api.post('/seawall/users', EVERYTHING)
  const answers = []
  for (const [email, password] of [[EVERYTHING.email, 'x'.repeat(12)], ['nobody@example.test', WORD], [EVERYTHING.email, WORD + ' ']]) {
    const r = await signIn(edge, { email, password })
    eq([r.status, r.code, r.cookie], [403, 10430, undefined])
    answers.push(r.message)
  }
  eq(new Set(answers).size, 1)
  for (const body of [{ email: '', password: WORD }, { email: EVERYTHING.email }, { password: WORD }, { email: EVERYTHING.email, password: 'x'.repeat(300) }, { email: 7, password: WORD }, { email: `${'a'.repeat(200)}@x.test`, password: WORD }]) eq((await signIn(edge, body)).status, 400, JSON.stringify(body))
  let late
  for (let i = 0; i < 6 && late?.status !== 429; i++) late = await signIn(edge, { email: EVERYTHING.email, password: 'wrong password' })
  eq([late.status, late.code], [429, 10432])
  ok(/try again in \d+ s/.test(late.message), late.message)
  // not even the right one goes past the wait, and others are not kept out by it
  eq((await signIn(edge, { email: EVERYTHING.email, password: WORD })).status, 429)
  await edge.api.post('/seawall/users', { ...EVERYTHING, email: 'ben@example.test' })
  eq((await signIn(edge, { email: 'ben@example.test', password: WORD })).status, 200)
})

scene('the second factor: asked for once confirmed, each code good once, recovery codes, off', async s => {
  const edge = await node(s)
  await edge.api.post('/seawall/users', EVERYTHING)
  const login = more => signIn(edge, { email: EVERYTHING.email, password: WORD, ...more })
  const me = await login()
  eq((await me.call('POST', '/seawall/users/self/totp', {})).status, 400)
  eq((await me.call('POST', '/seawall/users/self/totp', { current_password: 'not this one' })).code, 10430)
  const begun = await me.call('POST', '/seawall/users/self/totp', { current_password: WORD })
  eq(begun.status, 200)
  ok(begun.result.url.startsWith('otpauth://totp/Seawall:anna%40example%2Etest?secret='), begun.result.url)
  eq((await login()).status, 200) // not confirmed yet
  ok((await me.call('PUT', '/seawall/users/self/totp', { code: '000000' })).status >= 400)
  const { result: { recovery_codes: spare } } = await me.call('PUT', '/seawall/users/self/totp', { code: totp(begun.result.secret) })
  eq([spare.length, new Set(spare).size], [10, 10])
  const bare = await login()
  eq([bare.status, bare.code, bare.pointer, bare.cookie], [403, 10431, '/code', undefined])
  eq((await login({ code: '123' })).code, 10431)
  const now = totp(begun.result.secret, Date.now() + 30000) // the one that confirmed it is used up
  eq((await login({ code: now })).status, 200)
  eq((await login({ code: now })).code, 10431)
  eq((await login({ code: spare[3] })).status, 200)
  eq((await login({ code: spare[3] })).code, 10431)
  eq((await edge.api.get(`/seawall/users/${EVERYTHING.email}`)).recovery_codes_left, 9)
  eq((await me.call('DELETE', '/seawall/users/self/totp', { current_password: 'not this one' })).code, 10430)
  // who lost both asks somebody who may
  ok(/signs in without a code/.test(await edge.api.does('users', 'totp', EVERYTHING.email, '--off')))
  eq((await login()).status, 200)
})

scene('what a person may is what their policies say; nobody gives away more than they have', async s => {
  const edge = await node(s)
  const zone = await edge.api.post('/zones', { name: 'one.test' })
  await edge.api.post('/zones', { name: 'two.test' })
  ok(/may sign in/.test(await edge.api.does('users', 'add', 'ben@example.test', '--permission', 'DNS Write', '--permission', 'Zone Read', '--permission', 'API Tokens Write', '--zone', 'one.test', '--stdin', { input: `${WORD}\n` })))
  ok(/ben@example\.test +active +by policies +off/.test(await edge.api.does('users', 'list')))
  const ben = await signIn(edge, { email: 'ben@example.test', password: WORD })
  eq((await ben.call('GET', '/zones')).result.map(z => z.name), ['one.test'])
  eq((await ben.call('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'www', content: '192.0.2.1' })).status, 200)
  eq((await ben.call('DELETE', `/zones/${zone.id}`)).status, 403)
  eq((await ben.call('POST', '/seawall/users', { email: 'eve@example.test', password: WORD, admin: true })).status, 403)
  await edge.api.post('/seawall/users', EVERYTHING)
  for (const [method, to, body] of [['DELETE', '', undefined], ['PATCH', '', { status: 'disabled' }], ['PUT', '/password', { password: 'another password' }], ['DELETE', '/totp', undefined]]) eq((await ben.call(method, `/seawall/users/${EVERYTHING.email}${to}`, body)).status, 403, `${method} ${to}`)
  const again = await edge.api.refused('POST', '/seawall/users', EVERYTHING)
  eq([again.status, again.pointer], [400, '/email'])
  eq((await edge.api.refused('POST', '/seawall/users', { ...EVERYTHING, email: 'x@example.test', password: 'short' })).pointer, '/password')

  // one's own password: the old one is shown, other sessions end, this one goes on
  const other = await signIn(edge, { email: 'ben@example.test', password: WORD })
  eq((await ben.call('PUT', '/seawall/users/self/password', { current_password: 'nonsense here', password: 'another password' })).code, 10430)
  eq((await ben.call('PUT', '/seawall/users/self/password', { current_password: WORD, password: 'another password' })).status, 200)
  eq([(await ben.call('GET', '/zones')).status, (await other.call('GET', '/zones')).status], [200, 403])
  eq([(await signIn(edge, { email: 'ben@example.test', password: WORD })).status, (await signIn(edge, { email: 'ben@example.test', password: 'another password' })).status], [403, 200])
  // switched off and deleted: over at once
  await edge.api.must('PATCH', '/seawall/users/ben@example.test', { status: 'disabled' })
  eq((await ben.call('GET', '/zones')).status, 403)
  eq((await signIn(edge, { email: 'ben@example.test', password: 'another password' })).status, 403)
  await edge.api.does('users', 'delete', 'ben@example.test')
  eq((await edge.api.get('/seawall/users')).map(u => u.email), [EVERYTHING.email])
})
