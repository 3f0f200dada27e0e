// SPDX-License-Identifier: Apache-2.0
// Redirects of an origin that would come back to it are broken, with a page that names the cause; others pass.
import { scene, eq, ok, zone } from '../lib/scene.mjs'
import { authority } from '../lib/authority.mjs'

const to = (status, location, more = {}) => ({ status, headers: { Location: location, ...more }, body: 'moved' })

// The seed's docs warn of it: flexible mode and an app that forces HTTPS.
scene('flexible mode and an origin that forces https', async s => {
  const force = (q, reply) => reply.send(301, { Location: `https://www.one.test${q.target}` })
  const app = await s.origin(force)
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'www.one.test': [app] }, more: { ssl: 'flexible' } })
  await edge.secured()
  const plain = await edge.get('/a?b=c')
  eq([plain.status, plain.headers.get('location')], [301, 'https://www.one.test/a?b=c']) // a visitor over http may go
  const r = await edge.get('/a?b=c', { secure: {}, headers: { Accept: 'text/plain' } })
  eq(r.status, 508)
  ok(/flexible/.test(r.text) && /full or strict/.test(r.text), r.text)
  eq(app.requests.length, 2) // one turn
  const line = await edge.logged({ status: 508 })
  eq(line.error, 'ERR_ORIGIN_REDIRECTS')
  ok(/flexible/.test(line.detail), line.detail)
  eq((await edge.get('/a?b=c', { secure: {}, headers: { Accept: 'application/json' } })).json?.retryable ?? false, false)
})

scene('an app that believes X-Forwarded-Proto, other redirects, and those that set a cookie pass', async s => {
  const app = await s.origin((q, reply) => {
    const x = { '/trusts': () => q.headers.get('x-forwarded-proto') === 'https' ? reply.send(200, {}, 'in') : reply.send(301, { Location: 'https://www.one.test/trusts' }),
      '/elsewhere': () => reply.send(302, { Location: 'https://www.two.test/elsewhere' }),
      '/other': () => reply.send(302, { Location: '/other/' }),
      '/port': () => reply.send(302, { Location: 'https://www.one.test:9999/port' }),
      '/query': () => reply.send(302, { Location: 'https://www.one.test/query?x=1' }),
      '/cookie': () => reply.send(302, { Location: 'https://www.one.test/cookie', 'Set-Cookie': 'a=b' }),
      '/post': () => reply.send(303, { Location: 'https://www.one.test/post' }) }[q.target.split('?')[0]]
    return x()
  })
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'www.one.test': [app] }, more: { ssl: 'flexible' } })
  await edge.secured()
  for (const [path, status] of [['/trusts', 200], ['/elsewhere', 302], ['/other', 302], ['/port', 302], ['/query', 302], ['/cookie', 302]]) {
    for (let i = 0; i < 3; i++) eq([path, (await edge.get(path, { secure: {} })).status], [path, status])
  }
  eq((await edge.request('POST', '/post', { secure: {}, body: 'x' })).status, 303)
})

scene('Always Use HTTPS and an origin that goes back to http; mode off and one that forces https', async s => {
  const ca = authority(s.folder())
  const back = await s.origin((q, reply) => reply.send(302, { Location: `http://${q.headers.get('host').split(':')[0]}${q.target}` }), { secure: ca.leaf('back', { hosts: ['back.one.test'] }) })
  const force = await s.origin((q, reply) => reply.send(302, { Location: `https://www.off.test${q.target}` }))
  const edge = await s.edge({ https: true, plan: [zone('one.test', { 'back.one.test': [back] }, { ssl: 'full', always_use_https: true }), zone('off.test', { 'www.off.test': [force] }, { ssl: 'off' })] })
  await edge.secured('back.one.test')
  const r = await edge.get('/x', { host: 'back.one.test', secure: {}, headers: { Accept: 'text/plain' } })
  eq(r.status, 508)
  ok(/Always Use HTTPS/.test(r.text), r.text)
  eq(back.count('/x'), 1)
  const off = await edge.get('/y', { host: 'www.off.test', headers: { Accept: 'text/plain' } })
  eq(off.status, 508)
  ok(/is off/.test(off.text), off.text)
})

scene('an app that never sees that it is asked over https is told from one redirect that is meant', async s => {
  const ca = authority(s.folder())
  const app = await s.origin((q, reply) => reply.send(302, { Location: q.target }), { secure: ca.leaf('www', { hosts: ['www.one.test'] }) })
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'www.one.test': [app] }, more: { ssl: 'full' } })
  await edge.secured()
  const client = await s.client(edge, { secure: {} })
  eq((await client.get('/z')).status, 302)
  const r = await client.request('GET', '/z', { headers: { Accept: 'text/plain' } })
  eq(r.status, 508)
  ok(/X-Forwarded-Proto/.test(r.text), r.text)
})
