// SPDX-License-Identifier: Apache-2.0
// The API of apps and its log streams against those who mean harm, or just do not read: every answer is a 4xx with a reason or a
// closed connection, and the next honest request is served.
import crypto from 'node:crypto'
import { scene, eq, ok } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { Client } from '../lib/client.mjs'
import { waitFor } from '../lib/wait.mjs'

/** A call below /v1: { status, text, json }. */
const v1 = async (api, method, target, body, headers = {}) => {
  const c = await Client.connect({ port: api.port, host: api.host })
  try {
    const text = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    const all = { Authorization: `Bearer ${api.token}`, 'Content-Type': 'application/json', ...headers, Connection: 'close' }
    for (const k of Object.keys(all)) if (all[k] === null) delete all[k]
    const r = await c.request(method, '/v1' + target, { headers: all, body: text })
    let json = null
    try { json = JSON.parse(r.text) } catch { /* said by json being null */ }
    return { status: r.status, headers: r.headers, text: r.text, json }
  } finally { c.close() }
}
const world = async s => {
  const { api } = await edgeWithApi(s)
  eq((await v1(api, 'POST', '/apps', { app: { name: 'my-app' } })).status, 201)
  eq((await v1(api, 'POST', '/apps/my-app/instances', { instance: { address: '127.0.0.1:4001' } })).status, 201)
  return api
}
const alive = async api => eq((await v1(api, 'GET', '/apps/my-app')).json?.app?.name, 'my-app')
const logs = async (api, more = '') => {
  const url = new URL((await v1(api, 'GET', '/apps/my-app/logs')).json.logs_url)
  return url.pathname + url.search + more
}

scene('whoever is not let in learns nothing', async s => {
  const api = await world(s)
  const { token } = (await v1(api, 'POST', '/tokens/exchange', {}, { Authorization: `Basic ${Buffer.from(`:${api.token}`).toString('base64')}` })).json
  const [head, claims, mac] = token.split('.')
  const forged = (h, c, m = mac) => [h, c].map(v => typeof v === 'string' ? v : Buffer.from(JSON.stringify(v)).toString('base64url')).join('.') + '.' + m
  const inside = JSON.parse(Buffer.from(claims, 'base64url'))
  const hs512 = key => text => crypto.createHmac('sha512', key).update(text).digest('base64url')
  for (const bearer of [null, '', 'x', 'a.b.c', `${head}.${claims}.`, `${head}.${claims}`, forged({ typ: 'JWT', alg: 'none' }, claims, ''), forged(head, { ...inside, exp: 99999999999 }),
    forged(head, claims, hs512('')(`${head}.${claims}`)), forged(head, claims, hs512(api.token)(`${head}.${claims}`)), token + 'A', token.slice(0, -1), 'x'.repeat(5000), '....', token.toUpperCase()]) {
    const r = await v1(api, 'GET', '/apps', undefined, { Authorization: bearer === null ? null : `Bearer ${bearer}` })
    ok(r.status === 401 && r.json?.error, `${bearer}: ${r.status} ${r.text}`)
  }
  for (const basic of ['', '!', 'Og==', Buffer.from(`admin:${api.token}`).toString('base64'), Buffer.from(`:${api.token}x`).toString('base64'), 'A'.repeat(8000)]) {
    const r = await v1(api, 'POST', '/tokens/exchange', {}, { Authorization: `Basic ${basic}` })
    eq([r.status, r.text], [401, '{"error":"Invalid credentials"}'], basic.slice(0, 40))
  }
  eq((await v1(api, 'GET', '/apps', undefined, { Authorization: `Bearer ${token}` })).status, 200)
  // The token of a log opens the log, nothing else; a token of the API opens no log.
  const log = new URLSearchParams((await logs(api)).split('?')[1]).get('token')
  eq((await v1(api, 'GET', '/apps', undefined, { Authorization: `Bearer ${log}` })).status, 401)
  await alive(api)
})

scene('paths, queries and bodies of every kind', async s => {
  const api = await world(s)
  for (const target of ['/apps/../../etc/passwd', '/apps/%00', '/apps/%', '/apps/my-app%2fdomains', '/apps//domains', '/apps/my-app/domains/%27%3b%20DROP%20TABLE%20app%3b--', '/' + 'a/'.repeat(500),
    '/apps/' + 'a'.repeat(3000), '/apps/%ff%fe', '/apps/my-app/nothing', '', '/apps/my-app/instances/%ff']) {
    for (const method of ['GET', 'DELETE', 'PATCH']) {
      const r = await v1(api, method, target, method === 'PATCH' ? {} : undefined)
      ok(r.status >= 400 && r.status < 500 && r.json?.error, `${method} ${target.slice(0, 60)}: ${r.status} ${r.text.slice(0, 200)}`)
    }
  }
  const bodies = ['{', '[]', '7', '"x"', 'null', '{"app":null}', '{"app":[]}', '{"app":{"name":{}}}', '{"app":{"name":"\\u0000abcdef"}}', '{"app":{"name":"x","name":"y"}}', '['.repeat(5000), `{"app":{"name":"${'x'.repeat(60000)}"}}`,
    '{"domain":{"name":"\\ud800.test"}}', '{"variables":[1]}', '{"variables":[{"name":"A","value":1}]}', '{"containers":[{"name":"web","amount":1e400}]}', '{"containers":[{"name":"web","amount":1.5}]}', '{"containers":{"web":1}}',
    '{"instance":{"address":"127.0.0.1:99999"}}', '{"instance":{"address":"169.254.169.254"}}', '{"scope":"web"}', '{"scope":[1]}', '{"variable":{"name":"A","value":"' + 'x'.repeat(40000) + '"}}', Buffer.from([0xff, 0xfe])]
  for (const target of ['/apps', '/apps/my-app/domains', '/apps/my-app/variables', '/apps/my-app/scale', '/apps/my-app/restart', '/apps/my-app/instances', '/apps/my-app/rename', '/tokens']) {
    for (const body of bodies) {
      const r = await v1(api, 'POST', target, body)
      // A restart and a token need little; everything else is refused with a reason.
      ok((r.status >= 400 && r.status < 500 && (r.json?.error || Object.keys(r.json?.errors ?? {}).length)) || (target.endsWith('/restart') && r.status === 202), `${target} ${String(body).slice(0, 60)}: ${r.status} ${r.text.slice(0, 200)}`)
    }
  }
  await alive(api)
})

scene('the log is shown to whoever has its token, while it lasts, and of its app only', async s => {
  const api = await world(s)
  eq((await v1(api, 'POST', '/apps', { app: { name: 'other-app' } })).status, 201)
  const path = await logs(api)
  const get = async target => { const c = await Client.connect({ port: api.port, host: api.host }); try { return await c.request('GET', target, { headers: { Connection: 'close' } }) } finally { c.close() } }
  eq((await get(path + '&stream=false&n=10')).status, 200)
  const other = (await v1(api, 'GET', '/apps/other-app')).json.app.id
  for (const target of [path.replace(/token=.*/, ''), path.replace(/token=.*/, 'token='), path + 'x', path.replace(/apps\/[0-9a-f]+/, `apps/${other}`), '/apps/', '/apps/x', '/apps/x/logs', '/apps/%00/logs?token=x', path.replace('/logs', '/logs/x'), path.replace('/logs', '/nothing')]) {
    const r = await get(target)
    ok([401, 404].includes(r.status) && JSON.parse(r.text).error, `${target.slice(0, 80)}: ${r.status}`)
  }
  for (const more of ['&n=x', '&n=-1', '&filter=%ff', '&filter=web.*', '&filter=' + 'x'.repeat(300), '&n=99999999999999999999']) ok([200, 204, 400].includes((await get(path + more)).status), more)
  await alive(api)
})

scene('a connection that read a log is one for the API as well', async s => {
  const api = await world(s)
  const path = await logs(api)
  const c = await Client.connect({ port: api.port, host: api.host })
  const headers = { Authorization: `Bearer ${api.token}` }
  for (let i = 0; i < 3; i++) {
    eq((await c.request('GET', path + '&n=1', { headers: {} })).status, 200)
    eq((await c.request('POST', '/v1/apps/my-app/restart', { headers, body: '{}' })).status, 202)
    eq((await c.request('GET', '/v1/apps/my-app', { headers })).status, 200)
  }
  c.close()
})

/** A WebSocket by hand: sends the handshake, gives the client after 101. */
const socket = async (api, path, key = 'dGhlIHNhbXBsZSBub25jZQ==') => {
  const c = await Client.connect({ port: api.port, host: api.host })
  c.send(`GET ${path}&stream=true HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`)
  return c
}
const frame = (op, payload = '', { mask = true, fin = true } = {}) => {
  const data = Buffer.from(payload); const m = Buffer.from([1, 2, 3, 4])
  const head = Buffer.from([(fin ? 0x80 : 0) | op, (mask ? 0x80 : 0) | (data.length < 126 ? data.length : 126), ...data.length < 126 ? [] : [data.length >> 8, data.length & 255], ...mask ? m : []])
  return Buffer.concat([head, mask ? data.map((b, i) => b ^ m[i & 3]) : data])
}

scene('WebSockets that break the rules are closed, others go on', async s => {
  const api = await world(s)
  const path = await logs(api)
  const bad = await socket(api, path, 'short')
  eq((await bad.response({ method: 'GET' })).status, 400)
  bad.close()
  const good = await socket(api, path)
  const accept = crypto.createHash('sha1').update('dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
  const head = await good.response({ method: 'GET' })
  eq([head.status, head.headers.get('sec-websocket-accept')], [101, accept])
  for (const bytes of [frame(1, 'unmasked', { mask: false }), frame(3, 'reserved'), frame(9, 'x'.repeat(200)), frame(0, 'nothing to continue'), Buffer.alloc(20, 0xff), frame(1, Buffer.from([0xff, 0xfe]))]) {
    const c = await socket(api, path)
    eq((await c.response({ method: 'GET' })).status, 101)
    c.send(bytes)
    await c.closed()
    c.close()
  }
  // Half a frame and gone; two hundred that say nothing.
  const half = await socket(api, path); half.send(Buffer.from([0x81])); half.close()
  const many = []
  for (let i = 0; i < 200; i++) many.push(await socket(api, path))
  await alive(api)
  for (const c of many) c.reset?.() ?? c.close()
  await waitFor(async () => (await v1(api, 'POST', '/apps/my-app/restart', {})).status === 202, { what: 'a restart' })
  good.close()
  await alive(api)
}, { timeout: 60000 })

scene('more followers than there is room for are told so', async s => {
  const api = await world(s)
  const path = await logs(api)
  const open = []
  let refused = 0
  for (let i = 0; i < 260; i++) {
    const c = await Client.connect({ port: api.port, host: api.host })
    c.send(`GET ${path}&stream=true HTTP/1.1\r\nHost: x\r\n\r\n`)
    open.push(c)
  }
  await alive(api)
  const last = open.at(-1)
  const r = await last.response({ method: 'GET' })
  if (r.status === 503) refused++
  eq(refused, 1)
  for (const c of open) c.close()
  await alive(api)
}, { timeout: 60000 })
