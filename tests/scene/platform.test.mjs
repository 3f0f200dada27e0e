// SPDX-License-Identifier: Apache-2.0
// Apps over the API: what outlives a restart, streams of the log, pages from elsewhere.
import { scene, eq, ok } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { Client } from '../lib/client.mjs'
import { waitFor } from '../lib/wait.mjs'

const v1 = async (api, method, target, body) => {
  const c = await Client.connect({ port: api.port, host: api.host })
  try {
    const r = await c.request(method, '/v1' + target, { headers: { Authorization: `Bearer ${api.token}`, 'Content-Type': 'application/json', Connection: 'close' }, body: body && JSON.stringify(body) })
    if (r.status >= 400) throw new Error(`${method} ${target}: ${r.status} ${r.text}`)
    return r.text ? JSON.parse(r.text) : null
  } finally { c.close() }
}
const log = (api, ...args) => api.does('--app', 'my-app', 'logs', '-n', '100', ...args)

scene('an app with all that belongs to it outlives a restart of the node, its log too', async s => {
  const edge = await edgeWithApi(s); const { api } = edge
  await v1(api, 'POST', '/apps', { app: { name: 'my-app' } })
  await v1(api, 'POST', '/apps/my-app/instances', { instance: { address: '127.0.0.1:4001' } })
  await v1(api, 'POST', '/apps/my-app/domains', { domain: { name: 'www.example.com', canonical: true } })
  await v1(api, 'POST', '/apps/my-app/variables', { variable: { name: 'SECRET', value: 'one' } })
  await v1(api, 'PATCH', '/apps/my-app', { app: { force_https: true } })
  const token = (await fetch(`http://127.0.0.1:${api.port}/v1/tokens/exchange`, { method: 'POST', headers: { Authorization: `Basic ${Buffer.from(`:${api.token}`).toString('base64')}` } }).then(r => r.json())).token
  const before = [await v1(api, 'GET', '/apps/my-app'), await v1(api, 'GET', '/apps/my-app/domains'), await v1(api, 'GET', '/apps/my-app/variables'), await v1(api, 'GET', '/apps/my-app/ps')]
  await edge.stop()
  await edge.start()
  await api.ready()
  eq([await v1(api, 'GET', '/apps/my-app'), await v1(api, 'GET', '/apps/my-app/domains'), await v1(api, 'GET', '/apps/my-app/variables'), await v1(api, 'GET', '/apps/my-app/ps')], before)
  ok((await log(api)).includes('[manager] instance 127.0.0.1:4001 was registered'), 'the log')
  // A token of an hour is still one.
  eq((await fetch(`http://127.0.0.1:${api.port}/v1/apps`, { headers: { Authorization: `Bearer ${token}` } })).status, 200)
})

scene('server-sent events: every line as it comes', async s => {
  const { api } = await edgeWithApi(s)
  await v1(api, 'POST', '/apps', { app: { name: 'my-app' } })
  const url = (await v1(api, 'GET', '/apps/my-app/logs')).logs_url
  const stop = new AbortController()
  const r = await fetch(url + '&stream=true&filter=manager', { signal: stop.signal })
  eq([r.status, r.headers.get('content-type')], [200, 'text/event-stream'])
  let text = ''
  const reading = (async () => { try { for await (const piece of r.body) text += Buffer.from(piece).toString() } catch { /* stopped */ } })()
  for (let i = 1; i <= 3; i++) {
    await v1(api, 'POST', '/apps/my-app/instances', { instance: { address: `127.0.0.1:400${i}` } })
    await waitFor(() => text.includes(`127.0.0.1:400${i}`), { what: 'the line' })
  }
  ok(text.split('\n\n').filter(e => /^data: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} \+0000 UTC \[manager\] instance /.test(e)).length === 3, text)
  stop.abort()
  await reading
})

scene('pages are fetched at a restart; what is none is said in the log', async s => {
  const pages = await s.origin({ '/error': '<h1>sorry</h1>', '/gone': { status: 404, body: 'no' }, '/latin1': { body: Buffer.from([0x68, 0xff]) } })
  const { api } = await edgeWithApi(s)
  const set = (name, path) => api.does('--app', 'my-app', 'env-set', `${name}=http://127.0.0.1:${pages.port}${path}`)
  await v1(api, 'POST', '/apps', { app: { name: 'my-app' } })
  await set('SCALINGO_APP_ERROR_URL', '/error')
  await set('SCALINGO_TIMEOUT_ERROR_URL', '/gone')
  await set('SCALINGO_STOPPED_PAGE_URL', '/latin1')
  eq(pages.count('/error'), 0)
  await api.does('--app', 'my-app', 'restart')
  await waitFor(async () => { const t = await log(api); return t.includes('SCALINGO_TIMEOUT_ERROR_URL cannot be had: the server answered 404') && t.includes('SCALINGO_STOPPED_PAGE_URL cannot be had: it is not text in UTF-8') }, { what: 'two complaints' })
  await waitFor(() => pages.count('/error') === 1, { what: 'the page' })
})

scene('a private address is asked for pages only where that is allowed', async s => {
  const pages = await s.origin({ '/error': 'inside' })
  const { api } = await edgeWithApi(s, { config: { origin: { allow_private: 'false' } } })
  await v1(api, 'POST', '/apps', { app: { name: 'my-app' } })
  await api.does('--app', 'my-app', 'env-set', `SCALINGO_APP_ERROR_URL=http://127.0.0.1:${pages.port}/error`)
  await api.does('--app', 'my-app', 'restart')
  await waitFor(async () => (await log(api)).includes('the address is private; [origin] allow_private would allow it'), { what: 'the refusal' })
  eq(pages.count('/error'), 0)
})
