// SPDX-License-Identifier: Apache-2.0
// HTTPS from the internal authority: certificates that follow the plan, the same answers as over plain HTTP.
import { execFileSync } from 'node:child_process'
import { scene, eq, ok, ms, sleep, waitFor, zone } from '../lib/scene.mjs'
import { PROGRAM } from '../lib/edge.mjs'

scene('a hit and a miss over TLS, verified against the exported root', async s => {
  const app = await s.origin({ '/static/a.css': { headers: { 'Cache-Control': 'max-age=60' }, body: 'body{}' } })
  const edge = await s.edge({ https: true, zone: 'example.test', hosts: { 'www.example.test': [app] } })
  await edge.secured()
  const client = await s.client(edge, { secure: {} })
  const first = await client.get('/static/a.css')
  const second = await client.get('/static/a.css')
  eq([first.status, first.headers.get('cf-cache-status'), first.text], [200, 'MISS', 'body{}'])
  eq([second.status, second.headers.get('cf-cache-status'), second.text], [200, 'HIT', 'body{}'])
  eq(app.requests[0].headers.get('x-forwarded-proto'), 'https')
  eq([client.socket.getProtocol(), client.socket.getCipher().name], ['TLSv1.3', 'TLS_AES_128_GCM_SHA256'])
  const shown = client.socket.getPeerCertificate()
  eq(shown.subjectaltname, 'DNS:example.test, DNS:*.example.test')
  eq(execFileSync(PROGRAM, ['ca', 'export', '--config', edge.configFile]).toString(), edge.authority())
})

scene('large answers and uploads pass through TLS unharmed', async s => {
  const big = Buffer.alloc(3_000_000, 'seawall ')
  const app = await s.origin({
    '/big.bin': { headers: { 'Cache-Control': 'max-age=60' }, body: big },
    '/stream': async (q, reply) => {
      await reply.head(200, {})
      for (let i = 0; i < 40; i++) await reply.chunk(big.subarray(i * 50_000, (i + 1) * 50_000))
      await reply.end({ Sum: '7' })
    },
    '/up': (q, reply) => reply.send(200, {}, String(q.body.length))
  })
  const edge = await s.edge({ https: true, hosts: { 'www.test': [app] } })
  await edge.secured()
  const client = await s.client(edge, { secure: {} })
  for (const want of ['MISS', 'HIT']) {
    const r = await client.get('/big.bin')
    eq(r.headers.get('cf-cache-status'), want)
    ok(r.body.equals(big), 'the body is whole')
  }
  const r = await client.get('/stream')
  ok(r.body.equals(big.subarray(0, 2_000_000)), 'the stream is whole')
  eq((await client.request('POST', '/up', { body: big })).text, '3000000')
})

scene('a slow reader over TLS gets everything and the edge stays bounded', async s => {
  const big = Buffer.alloc(4_000_000, 'x')
  const app = await s.origin({ '/big.bin': { headers: { 'Cache-Control': 'max-age=60' }, body: big } })
  const edge = await s.edge({ https: true, hosts: { 'www.test': [app] } })
  await edge.secured()
  await edge.get('/big.bin')
  const client = await s.client(edge, { secure: {} })
  client.pause()
  await client.ask('GET', '/big.bin')
  await sleep(ms(100))
  client.resume()
  const r = await client.response()
  ok(r.body.equals(big), 'the body is whole')
})

scene('certificates follow the zones: a new name at once, a deep one by itself, an old one no more', async s => {
  const app = await s.origin({ '/': 'hello' })
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'www.one.test': [app] } })
  await edge.secured()
  const two = edge.plan(zone('two.test', { 'www.two.test': [app], 'a.b.two.test': [app] }))
  await edge.secured('www.two.test')
  await edge.secured('a.b.two.test')
  eq((await edge.get('/', { host: 'a.b.two.test', secure: {} })).text, 'hello')
  edge.plan(zone('two.test', { 'www.two.test': [app], 'a.b.two.test': [app], 'x.y.two.test': [app] }))
  await edge.secured('x.y.two.test')
  const refused = host => edge.connect({ secure: {}, host }).then(c => { c.close(); return 'shown' }, e => e.message)
  ok(/unrecognized/.test(await refused('www.three.test')), 'an unknown name gets an alert')
  edge.unplan(two)
  await waitFor(async () => /unrecognized/.test(await refused('www.two.test')), { what: 'the certificate to go' })
  eq((await edge.get('/', { secure: {} })).text, 'hello')
})

scene('certificates outlive control, and a restart keeps the authority', async s => {
  const app = await s.origin({ '/': 'hello' })
  const edge = await s.edge({ https: true, hosts: { 'www.test': [app] } })
  await edge.secured()
  const before = edge.authority()
  await edge.stop()
  await edge.start()
  eq(edge.authority(), before)
  await edge.secured()
})

scene('noise, plain HTTP and old versions on the HTTPS port are refused and harm nobody', async s => {
  const app = await s.origin({ '/': 'hello' })
  const edge = await s.edge({ https: true, hosts: { 'www.test': [app] } })
  await edge.secured()
  const plain = await s.client({ port: edge.securePort, host: 'www.test' })
  await plain.send('GET / HTTP/1.1\r\nHost: www.test\r\n\r\n')
  await plain.closed()
  const old = await edge.connect({ secure: { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } }).then(() => 'shown', e => e.message)
  ok(/version|alert/i.test(old), old)
  const tls12 = await s.client(edge, { secure: { maxVersion: 'TLSv1.2' } })
  eq([(await tls12.get('/')).text, tls12.socket.getProtocol()], ['hello', 'TLSv1.2'])
})
