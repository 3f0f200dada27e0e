// SPDX-License-Identifier: Apache-2.0
// Between plain HTTP and HTTPS: redirects, what certification authorities ask origins for, HSTS, versions per zone.
import { scene, eq, ok, zone, waitFor } from '../lib/scene.mjs'
import { session } from '../lib/h2.mjs'

scene('Always Use HTTPS redirects everything but the validation of certificates, which reaches the origin', async s => {
  const app = await s.origin({
    '/.well-known/acme-challenge/token': { headers: { 'Cache-Control': 'max-age=600' }, body: 'token.thumbprint' },
    '/.well-known/pki-validation/file.txt': 'proof',
    '/page': 'hello'
  })
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'www.one.test': [app] }, more: { always_use_https: true } })
  const r = await edge.get('/page?x=1', { host: 'WWW.one.test:8080' })
  eq([r.status, r.headers.get('location'), r.headers.get('cf-cache-status'), r.text], [301, 'https://www.one.test/page?x=1', undefined, ''])
  eq((await edge.request('POST', '/page', { body: 'x' })).status, 301)
  for (let i = 1; i <= 2; i++) {
    const token = await edge.get('/.well-known/acme-challenge/token')
    eq([token.status, token.text, token.headers.get('cf-cache-status')], [200, 'token.thumbprint', 'DYNAMIC'])
    eq(app.count('/.well-known/acme-challenge/token'), i)
  }
  eq((await edge.get('/.well-known/pki-validation/file.txt')).text, 'proof')
  eq((await edge.get('/.well-known/acme-challenge/none')).status, 404)
  // Nothing else hides behind those prefixes.
  for (const path of ['/.well-known/acme-challenge/', '/.well-known/acme-challenge', '/.well-known/security.txt', '/.well-known/acme-challengeX/a']) eq((await edge.get(path)).status, 301)
  eq((await edge.request('POST', '/.well-known/acme-challenge/token', { body: 'x' })).status, 301)
  await edge.secured()
  eq((await edge.get('/page', { secure: {} })).text, 'hello')
})

scene('without redirects validation is passed on uncached too', async s => {
  const app = await s.origin({ '/.well-known/acme-challenge/a.css': { headers: { 'Cache-Control': 'max-age=600' }, body: 't' } })
  const edge = await s.edge({ hosts: { 'www.test': { origins: [app], cache: { cache: true } } } })
  for (let i = 1; i <= 2; i++) {
    eq((await edge.get('/.well-known/acme-challenge/a.css')).headers.get('cf-cache-status'), 'DYNAMIC')
    eq(app.count(), i)
  }
})

scene('HSTS of the zone stands on answers over HTTPS, in place of the origin\'s', async s => {
  const app = await s.origin({
    '/a.css': { headers: { 'Cache-Control': 'max-age=60', 'Strict-Transport-Security': 'max-age=1' }, body: 'a' },
    '/live': { headers: { 'Strict-Transport-Security': 'max-age=1' }, body: 'b' }
  })
  const header = { enabled: true, max_age: 31536000, include_subdomains: true, preload: true, nosniff: true }
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'www.one.test': [app] }, more: { security_header: header } })
  await edge.secured()
  const want = ['max-age=31536000; includeSubDomains; preload']
  const c = session(edge)
  s.undo.push(() => c.close())
  for (const path of ['/a.css', '/a.css', '/live', '/none']) {
    const r = await edge.get(path, { secure: {} })
    eq(r.headers.all('strict-transport-security'), want)
    eq(r.headers.get('x-content-type-options'), 'nosniff')
    eq((await c.get(path)).headers['strict-transport-security'], want[0])
    eq((await edge.get(path)).headers.all('strict-transport-security'), path === '/none' ? [] : ['max-age=1'])
  }
})

scene('versions and HTTP/2 are a zone\'s own', async s => {
  const app = await s.origin({ '/': 'hello' })
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'www.one.test': [app] }, more: { min_tls_version: '1.3', http2: false }, plan: [zone('two.test', { 'www.two.test': [app] })] })
  await edge.secured()
  await edge.secured('www.two.test')
  const agreed = async (host, options) => {
    try {
      const c = await s.client(edge, { host, secure: { ALPNProtocols: ['h2', 'http/1.1'], ...options } })
      return [c.socket.getProtocol(), c.socket.alpnProtocol]
    } catch (e) { return e.code }
  }
  eq(await agreed('www.one.test'), ['TLSv1.3', 'http/1.1'])
  eq(await agreed('www.two.test'), ['TLSv1.3', 'h2'])
  eq(await agreed('www.two.test', { maxVersion: 'TLSv1.2' }), ['TLSv1.2', 'h2'])
  ok(/PROTOCOL_VERSION|protocol version/i.test(String(await agreed('www.one.test', { maxVersion: 'TLSv1.2' }))))
  edge.plan(zone('one.test', { 'www.one.test': [app] }))
  await waitFor(async () => (await agreed('www.one.test', { maxVersion: 'TLSv1.2' }))[1] === 'h2', { what: 'the new policy' })
})
