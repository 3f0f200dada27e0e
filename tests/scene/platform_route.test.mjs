// SPDX-License-Identifier: Apache-2.0
// From the API of apps to the router: what is said over /v1 is what visitors get, at once.
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { execFileSync } from 'node:child_process'
import { scene, eq, ok } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { Client } from '../lib/client.mjs'
import { freePort, waitFor } from '../lib/wait.mjs'

const HOST = 'my-app.osc-fr1.scalingo.test'

/** An edge with the API and the listeners of the router, and the app my-app with two instances. */
async function world (s) {
  const http = await freePort(); const https = await freePort()
  const edge = await edgeWithApi(s, {
    config: {
      listen: { platform_http: `127.0.0.1:${http}`, platform_https: `127.0.0.1:${https}` },
      platform: { region: 'osc-fr1', suffix: 'scalingo.test' }
    }
  })
  const named = name => s.origin((q, reply) => reply.send(200, { 'X-Instance': name }, `${name} ${q.target}\n`))
  const instances = [await named('one'), await named('two')]
  const seawall = (...args) => edge.api.does('--app', 'my-app', ...args)
  await edge.api.does('create', 'my-app')
  for (const i of instances) await seawall('instances-add', `127.0.0.1:${i.port}`)
  const visit = async (host = HOST, target = '/', headers = {}) => {
    const c = await Client.connect({ port: http, host })
    try { return await c.request('GET', target, { headers: { ...headers, Connection: 'close' } }) } finally { c.close() }
  }
  return { edge, api: edge.api, instances, seawall, visit, http, https }
}

scene('an app is reached under its default domain as soon as it has an instance', async s => {
  const { api, visit, seawall, instances } = await world(s)
  const got = []
  for (let i = 0; i < 10; i++) got.push((await visit()).headers.get('x-instance'))
  eq([got.filter(x => x === 'one').length, got.filter(x => x === 'two').length], [5, 5])
  await seawall('scale', 'web:1')
  for (let i = 0; i < 4; i++) eq((await visit()).headers.get('x-instance'), 'one')
  await seawall('scale', 'web:0')
  const down = await visit()
  eq([down.status, down.headers.get('x-scalingo-error')], [503, 'app stopped'])
  await seawall('scale', 'web:2')
  eq((await visit()).status, 200)
  await seawall('instances-remove', `127.0.0.1:${instances[0].port}`)
  for (let i = 0; i < 4; i++) eq((await visit()).headers.get('x-instance'), 'two')
  await api.does('destroy', 'my-app', '--force')
  eq((await visit()).status, 404)
})

scene('domains, the canonical one, and HTTPS by force', async s => {
  const { visit, seawall } = await world(s)
  eq((await visit('www.example.com')).status, 404)
  await seawall('domains-add', 'www.example.com')
  await seawall('domains-add', 'example.com')
  eq((await visit('www.example.com')).status, 200)
  await seawall('set-canonical-domain', 'www.example.com')
  const r = await visit('example.com', '/a?b=c')
  eq([r.status, r.headers.get('location')], [301, 'http://www.example.com/a?b=c'])
  await seawall('force-https')
  const to = await visit('www.example.com', '/x')
  eq([to.status, to.headers.get('location')], [301, 'https://www.example.com/x'])
  await seawall('force-https', '--disable')
  await seawall('unset-canonical-domain')
  eq((await visit('example.com')).status, 200)
  await seawall('domains-remove', 'example.com')
  eq((await visit('example.com')).status, 404)
})

scene('a page of the app stands for the router\'s while the app is stopped', async s => {
  const { visit, seawall } = await world(s)
  const pages = await s.origin({ '/down': '<h1>back soon</h1>' })
  await seawall('env-set', `SCALINGO_NO_FRONT_ERROR_URL=http://127.0.0.1:${pages.port}/down`)
  await seawall('scale', 'web:0')
  await waitFor(async () => (await visit()).text.includes('back soon'), { what: 'the page' })
  eq((await visit()).status, 503)
})

scene('requests are lines of the log and numbers of the minute', async s => {
  const { api, visit, seawall } = await world(s)
  eq((await visit()).status, 200)
  await seawall('router-logs', '--enable')
  const id = 'abcdefghijklmnopqrst0123'
  await visit(HOST, '/x?a=1', { 'X-Request-ID': id, 'User-Agent': 'curl "8"' })
  const line = await waitFor(async () => (await seawall('logs', '-n', '10', '-F', 'router')).split('\n').find(l => l.includes(id)), { what: 'the line' })
  ok(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} \+0000 UTC \[router\] method=GET path="\/x\?a=1" host=my-app\.osc-fr1\.scalingo\.test request_id=abcdefghijklmnopqrst0123 container=web-[12] from="127\.0\.0\.1" protocol=http status=200 duration=\d+\.\d{3}s bytes=\d+ referer="-" user_agent="curl \\"8\\""$/.test(line), line)
  const points = await waitFor(async () => {
    const r = await fetch(`http://127.0.0.1:${api.port}/v1/apps/my-app/stats/router?since=1&status_code=all`, { headers: { Authorization: `Bearer ${api.token}` } })
    const list = r.status === 200 ? await r.json() : []
    return list.reduce((n, p) => n + p.value, 0) >= 2 && list
  }, { within: 20000, what: 'two requests' })
  ok(points.every(p => /^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z$/.test(p.time)), JSON.stringify(points))
}, { long: true })

scene('a certificate of our own is shown for its domain at once', async s => {
  const { edge, seawall, https } = await world(s)
  const file = name => path.join(edge.dir, name)
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=shop.example.com', '-addext', 'subjectAltName=DNS:shop.example.com',
    '-keyout', file('shop.key'), '-out', file('shop.crt')], { stdio: 'pipe' })
  const subject = () => new Promise(resolve => {
    const c = tls.connect({ port: https, host: '127.0.0.1', servername: 'shop.example.com', rejectUnauthorized: false }, () => { const cert = c.getPeerCertificate(); c.destroy(); resolve(cert.subject?.CN ?? cert.subjectaltname) })
    c.on('error', e => resolve(e.message))
  })
  await seawall('domains-add', 'shop.example.com', '--cert', file('shop.crt'), '--key', file('shop.key'))
  eq(await subject(), 'shop.example.com')
  const c = await new Promise((resolve, reject) => {
    const c = tls.connect({ port: https, host: '127.0.0.1', servername: 'shop.example.com', ca: fs.readFileSync(file('shop.crt')) }, () => resolve(c))
    c.on('error', reject)
  })
  c.destroy()
  await seawall('domains-ssl', 'shop.example.com', 'disable')
  await waitFor(async () => (await subject()) !== 'shop.example.com', { what: 'another certificate' })
})
