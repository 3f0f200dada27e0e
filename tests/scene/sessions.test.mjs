// SPDX-License-Identifier: Apache-2.0
// Sign-ins of the dashboard: a cookie for a token, changes only by pages of ours, over when the token is.
import { scene, eq, ok } from '../lib/scene.mjs'

const node = s => s.edge({ api: true })

/** A browser without a page: the cookie that it keeps, and the second value when it was told. */
async function signedIn (edge, token = edge.token) {
  const r = await fetch(`${edge.base}/seawall/session`, { method: 'POST', body: JSON.stringify({ token }) })
  const said = r.headers.get('set-cookie')
  const { result } = await r.json()
  const cookie = said?.split(';')[0]
  const call = (method, path, body, headers = {}) => fetch(`${edge.api}${path}`, { method, body: body && JSON.stringify(body), headers: { Cookie: cookie, ...headers } })
  return { status: r.status, said, result, cookie, call, csrf: { 'Seawall-CSRF': result?.csrf } }
}

scene('a token becomes a session: reading works, changing needs the second value', async s => {
  const edge = await node(s)
  const me = await signedIn(edge)
  eq(me.status, 200)
  for (const word of ['HttpOnly', 'SameSite=Strict', 'Path=/']) ok(me.said.includes(word), me.said)
  ok(!me.said.includes(edge.token))
  eq((await me.call('GET', '/client/v4/zones')).status, 200)
  eq((await me.call('GET', '/v1/apps')).status, 200)
  eq((await me.call('POST', '/client/v4/zones', { name: 'one.test' })).status, 403)
  eq((await me.call('POST', '/client/v4/zones', { name: 'one.test' }, { 'Seawall-CSRF': '0'.repeat(64) })).status, 403)
  eq((await me.call('POST', '/v1/apps', { app: { name: 'my-app' } })).status, 403)
  eq((await me.call('POST', '/client/v4/zones', { name: 'one.test' }, me.csrf)).status, 200)
  eq((await me.call('POST', '/v1/apps', { app: { name: 'my-app' } }, me.csrf)).status, 201)
  const again = await (await me.call('GET', '/client/v4/seawall/session')).json()
  eq([again.result.csrf, again.result.admin], [me.result.csrf, true])
})

scene('wrong tokens and odd bodies are refused with a reason', async s => {
  const edge = await node(s)
  const post = async body => { const r = await fetch(`${edge.base}/seawall/session`, { method: 'POST', body }); return [r.status, (await r.json()).errors[0].source?.pointer, r.headers.get('set-cookie')] }
  eq(await post(JSON.stringify({ token: 'x'.repeat(40) })), [403, '/token', null])
  eq((await post(JSON.stringify({ token: '' })))[0], 400)
  eq((await post(JSON.stringify({ token: 7 })))[0], 400)
  eq((await post(JSON.stringify({ token: 'x'.repeat(5000) })))[0], 400)
  eq((await post('{}'))[0], 400)
  eq((await post('nonsense'))[0], 400)
  for (const cookie of ['seawall_session=', 'seawall_session=wrong', `seawall_session=${'x'.repeat(300)}`, 'seawall_session=a%00b', ';;;=']) {
    const r = await fetch(`${edge.base}/zones`, { headers: { Cookie: cookie } })
    ok([400, 403].includes(r.status), `${cookie}: ${r.status}`)
  }
})

scene('a session may what its token may, and is over with it', async s => {
  const edge = await node(s)
  const groups = (await edge.call('GET', '/user/tokens/permission_groups')).result
  const right = groups.find(g => g.name === 'Zone Read').id
  const token = (await edge.call('POST', '/user/tokens', { name: 'reader', policies: [{ effect: 'allow', permission_groups: [{ id: right }], resources: { 'com.cloudflare.api.account.zone.*': '*' } }] })).result
  const me = await signedIn(edge, token.value)
  eq((await me.call('GET', '/client/v4/zones')).status, 200)
  eq((await me.call('POST', '/client/v4/zones', { name: 'one.test' }, me.csrf)).status, 403)
  eq((await edge.call('PUT', `/user/tokens/${token.id}`, { name: 'reader', status: 'disabled', policies: token.policies })).status, 200)
  eq((await me.call('GET', '/client/v4/zones')).status, 403)
  eq((await edge.call('DELETE', `/user/tokens/${token.id}`)).status, 200)
  eq((await me.call('GET', '/client/v4/zones')).status, 403)
})

scene('sessions are listed and ended; they are there after a restart', async s => {
  const edge = await node(s)
  const me = await signedIn(edge)
  const other = await signedIn(edge)
  const list = async () => (await (await me.call('GET', '/client/v4/seawall/sessions')).json()).result
  eq((await list()).length, 2)
  await edge.stop()
  await edge.start()
  eq((await me.call('GET', '/client/v4/zones')).status, 200)
  const all = await list()
  for (const one of all) eq(Object.keys(one).sort(), ['address', 'agent', 'created_on', 'id', 'seen_on'])
  eq((await other.call('DELETE', '/client/v4/seawall/session', undefined, other.csrf)).headers.get('set-cookie').includes('Max-Age=0'), true)
  eq((await other.call('GET', '/client/v4/zones')).status, 403)
  const mine = (await list())[0].id
  eq((await me.call('DELETE', '/client/v4/seawall/sessions/nothing', undefined, me.csrf)).status, 404)
  eq((await me.call('DELETE', `/client/v4/seawall/sessions/${mine}`, undefined, me.csrf)).status, 200)
  eq((await me.call('GET', '/client/v4/zones')).status, 403)
})

scene('the dashboard is there without a token, with a strict policy, and every place below is its document', async s => {
  const edge = await node(s)
  const get = (path, init) => fetch(`${edge.api}${path}`, { redirect: 'manual', ...init })
  const root = await get('/')
  eq([root.status, root.headers.get('location')], [302, '/ui/'])
  const page = await get('/ui/')
  eq([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
  const policy = page.headers.get('content-security-policy')
  ok(policy.includes("default-src 'none'") && policy.includes("frame-ancestors 'none'") && !policy.includes('unsafe'), policy)
  const deep = await get('/ui/zones/one.test/dns')
  eq([deep.status, await deep.text()], [200, await page.text()])
  eq((await get('/ui/', { headers: { 'If-None-Match': page.headers.get('etag') } })).status, 304)
  eq((await get('/ui/', { headers: { 'Accept-Encoding': 'identity' } })).headers.get('content-encoding'), null)
  eq((await get('/ui/', { method: 'POST', body: 'x' })).status, 405)
  eq((await get('/ui/', { method: 'HEAD' })).status, 200)
})
