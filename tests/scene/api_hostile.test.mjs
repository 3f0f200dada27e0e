// SPDX-License-Identifier: Apache-2.0
// The API against those who mean harm, or just do not read: every answer is a 4xx envelope or a closed connection, and the
// next honest request is served.
import { scene, eq, ok } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { Client } from '../lib/client.mjs'

const raw = async (api, bytes, { close = true } = {}) => {
  const c = await Client.connect({ port: api.port, host: api.host })
  try {
    c.send(bytes)
    const r = await c.response({ method: 'GET' })
    if (close) await c.closed().catch(() => {})
    return r
  } finally { c.close() }
}
const alive = async api => eq((await api.call('GET', '/user/tokens/verify')).status, 200)

scene('requests that are ambiguous or malformed are refused before anybody looks at them', async s => {
  const { api } = await edgeWithApi(s)
  const head = `Host: x\r\nAuthorization: Bearer ${api.token}\r\n`
  for (const [bytes, status] of [
    [`POST /client/v4/zones HTTP/1.1\r\n${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    [`POST /client/v4/zones HTTP/1.1\r\n${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, 400],
    [`POST /client/v4/zones HTTP/1.1\r\n${head}Transfer-Encoding: gzip\r\n\r\n`, 501],
    [`GET /client/v4/zones HTTP/1.1\r\n${head}X: a\r\n b\r\n\r\n`, 400],
    [`GET /client/v4/zones HTTP/1.1\n${head}\r\n`, 400],
    [`GET  /client/v4/zones HTTP/1.1\r\n${head}\r\n`, 400],
    [`GET /client/v4/zones HTTP/1.1\r\n${head}${'A: b\r\n'.repeat(5000)}\r\n`, 431],
    [`GET /client/v4/${'a'.repeat(200000)} HTTP/1.1\r\n${head}\r\n`, 414],
    [`GET /client/v4/zones HTTP/9.9\r\n${head}\r\n`, 505]
  ]) {
    const r = await raw(api, bytes)
    eq(r.status, status, bytes.slice(0, 60))
  }
  await alive(api)
})

scene('paths and queries of every kind', async s => {
  const { api } = await edgeWithApi(s)
  await api.post('/zones', { name: 'h.test' })
  for (const target of ['/zones/../../etc/passwd', '/zones/%2e%2e/%2e%2e', '/zones/%00', '/zones/%', '/zones/%zz', '/zones/h.test%2fdns_records', '/zones//dns_records', '/zones/h.test/dns_records/%27%3b%20DROP%20TABLE%20record%3b--',
    '/' + 'a/'.repeat(500), '/zones/' + 'a'.repeat(3000), '/zones/h.test/dns_records/' + 'f'.repeat(33), '/accounts/x', '/user/tokens/%ff%fe']) {
    const r = await api.call('GET', target)
    ok(r.status >= 400 && r.status < 500 && r.json?.success === false, `${target.slice(0, 60)}: ${r.status} ${r.text.slice(0, 200)}`)
  }
  for (const target of ['/zones/h.test/rulesets/phases/%c6http_request_origin/entrypoint', '/zones/h.test/settings/%ff', '/zones/h.test/firewall/access_rules/rules/%ff']) {
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const r = await api.call(method, target, { rules: [], value: 'on' })
      ok(r.status >= 400 && r.status < 500 && r.json?.success === false, `${method} ${target}: ${r.status} ${r.text.slice(0, 200)}`)
    }
  }
  for (const query of ['name=%27%20OR%201=1--', 'name=%25', 'name=_', 'name=' + 'x'.repeat(4000), 'name=a&name=b', '&&&=&=', 'name', 'order=%27', 'order=id;drop', 'direction=up', 'match=none', 'content.contains=%25%25', 'search=%00', 'tag=%ff', 'type=NOSUCH', 'name.exact=%E2%98%83.h.test']) {
    const r = await api.call('GET', `/zones/h.test/dns_records?${query}`)
    ok([200, 400].includes(r.status) && r.json && (r.status === 400 || r.json.result.length === 0), `${query.slice(0, 60)}: ${r.status} ${r.text.slice(0, 200)}`)
  }
  await alive(api)
})

scene('bodies: too large, too slow to be finished, chunked, with 100-continue', async s => {
  const { api } = await edgeWithApi(s)
  await api.post('/zones', { name: 'h.test' })
  const head = `Host: x\r\nAuthorization: Bearer ${api.token}\r\nContent-Type: application/json\r\n`
  const record = JSON.stringify({ type: 'A', name: 'c', content: '192.0.2.1' })
  const large = await raw(api, `POST /client/v4/zones/h.test/dns_records HTTP/1.1\r\n${head}Content-Length: 99999999999\r\n\r\n`)
  eq(large.status, 413)
  // A stranger does not get to send much.
  const stranger = await raw(api, `POST /client/v4/zones HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n${'x'.repeat(1000)}`)
  ok([400, 401, 403, 413].includes(stranger.status), `${stranger.status}`)
  const c = await Client.connect({ port: api.port, host: api.host })
  c.send(`POST /client/v4/zones/h.test/dns_records HTTP/1.1\r\n${head}Expect: 100-continue\r\nContent-Length: ${record.length}\r\n\r\n`)
  c.send(record)
  const r = await c.response({ method: 'POST' })
  eq([r.status, r.interim.map(i => i.status)], [200, r.interim.length ? [100] : []])
  c.send(`POST /client/v4/zones/h.test/dns_records HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n`)
  for (const byte of record.replace('192.0.2.1', '192.0.2.2')) c.send(`1\r\n${byte}\r\n`)
  c.send('0\r\n\r\n')
  eq((await c.response({ method: 'POST' })).status, 200)
  // Half a body, then gone: nothing happened.
  c.send(`POST /client/v4/zones/h.test/dns_records HTTP/1.1\r\n${head}Content-Length: 500\r\n\r\n{"type":"A"`)
  c.close()
  eq((await api.get('/zones/h.test/dns_records')).length, 2)
})

scene('two hundred connections that say nothing, and eighty writers at once', async s => {
  const { api } = await edgeWithApi(s)
  await api.post('/zones', { name: 'h.test' })
  const idle = []
  for (let i = 0; i < 200; i++) idle.push(await Client.connect({ port: api.port, host: api.host }))
  for (const c of idle.slice(0, 100)) c.send('GET /client/v4/zones HTTP/1.1\r\nHost: x\r\nX-Slow: ')
  const answers = await Promise.all(Array.from({ length: 80 }, (_, i) => api.call('POST', '/zones/h.test/dns_records', { type: 'A', name: `n${i % 40}`, content: '192.0.2.1' })))
  eq([answers.filter(r => r.status === 200).length, answers.filter(r => r.status === 400 && r.json.errors[0].code === 81058).length], [40, 40])
  eq((await api.get('/zones/h.test/dns_records?per_page=100')).length, 40)
  for (const c of idle) c.close()
}, { timeout: 60000 })

scene('a connection with many requests in one packet gets as many answers, in order', async s => {
  const { api } = await edgeWithApi(s)
  await api.post('/zones', { name: 'h.test' })
  const c = await Client.connect({ port: api.port, host: api.host })
  const one = (method, path, body = '') => `${method} /client/v4${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const add = i => JSON.stringify({ type: 'A', name: `p${i}`, content: '192.0.2.1' })
  c.send(Array.from({ length: 30 }, (_, i) => i % 3 ? one('GET', '/zones/h.test/dns_records') : one('POST', '/zones/h.test/dns_records', add(i))).join(''))
  const counts = []
  for (let i = 0; i < 30; i++) {
    const r = JSON.parse((await c.response({ method: i % 3 ? 'GET' : 'POST' })).text)
    if (i % 3) counts.push(r.result.length)
    else eq(r.result.name, `p${i}.h.test`)
  }
  eq(counts, Array.from({ length: 20 }, (_, i) => Math.floor(i / 2) + 1))
  c.close()
})

scene('methods nobody asked for', async s => {
  const { api } = await edgeWithApi(s)
  for (const method of ['OPTIONS', 'HEAD', 'TRACE', 'CONNECT', 'PROPFIND', 'PATCH', 'get']) {
    const c = await Client.connect({ port: api.port, host: api.host })
    c.send(`${method} /client/v4/zones HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
    const r = await c.response({ method })
    ok(method === 'HEAD' ? [200, 405].includes(r.status) : r.status >= 400 && r.status < 600, `${method}: ${r.status}`)
    c.close()
  }
  await alive(api)
})
