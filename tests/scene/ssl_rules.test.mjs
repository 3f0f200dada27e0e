// SPDX-License-Identifier: Apache-2.0
// The SSL mode and its neighbours by configuration rule, and the paths of validations as a setting.
import { scene, eq, ok, waitFor, zone } from '../lib/scene.mjs'
import { authority } from '../lib/authority.mjs'

const rule = (expression, action_parameters) => ({ id: expression.replace(/\W+/g, '_').slice(0, 30), expression, action: 'set_config', action_parameters })

scene('ssl by configuration rule decides for its requests alone', async s => {
  const ca = authority(s.folder())
  const script = (q, reply) => reply.send(200, {}, q.wire.socket.encrypted ? 's' : 'p')
  const plain = await s.origin(script)
  const self = await s.origin(script, { secure: ca.leaf('self', { hosts: ['self.one.test'], self: true }) })
  const rules = [
    rule('starts_with(http.request.uri.path, "/flexible")', { ssl: 'flexible' }),
    rule('starts_with(http.request.uri.path, "/strict")', { ssl: 'strict' }),
    rule('starts_with(http.request.uri.path, "/off")', { ssl: 'off' })
  ]
  const named = await s.origin(script, { secure: ca.leaf('inside', { hosts: ['inside.test'] }) })
  const cname = await s.origin(script, { secure: ca.leaf('target', { hosts: ['target.test'] }) })
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'plain.one.test': [plain], 'self.one.test': [self], 'named.one.test': [named] }, more: { ssl: 'full', always_use_https: true, rulesets: { http_config_settings: rules, http_request_origin: [{ id: 'sni', expression: 'starts_with(http.request.uri.path, "/strict/sni")', action: 'route', action_parameters: { sni: { value: 'inside.test' } } }] } }, config: { origin: { ca_file: ca.file } }, plan: [zone('two.test', { 'www.two.test': { origins: [`127.0.0.1:${cname.port}`], origin_name: 'target.test' } }, { ssl: 'strict' })] })
  await edge.secured('plain.one.test')
  const get = async (host, path, secure = true) => { const r = await edge.get(path, { host, ...secure && { secure: {} } }); return r.status === 200 ? r.text : r.status }
  eq([await get('plain.one.test', '/'), await get('plain.one.test', '/flexible')], [525, 'p'])
  eq([await get('self.one.test', '/'), await get('self.one.test', '/strict')], ['s', 526])
  eq([await get('named.one.test', '/strict'), await get('named.one.test', '/strict/sni')], [526, 's'])
  eq(await get('www.two.test', '/'), 's') // for the target of its CNAME
  const off = await edge.get('/off', { host: 'plain.one.test', secure: {} })
  eq([off.status, off.headers.get('location')], [301, 'http://plain.one.test/off'])
  eq(await get('plain.one.test', '/off', false), 'p') // not sent back: Always Use HTTPS does not act where the mode is off
  eq(await get('plain.one.test', '/', false), 301)
  for (const o of [plain, self, named]) o.errors.length = 0
})

scene('automatic HTTPS rewrites and opportunistic encryption, by zone and by rule', async s => {
  const app = await s.origin({ '/': 'x', '/rule': 'x', '/a.css': { headers: { 'Cache-Control': 'max-age=60' }, body: 'x' } })
  const rules = [rule('http.request.uri.path eq "/rule"', { automatic_https_rewrites: false, opportunistic_encryption: false })]
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'www.one.test': [app] }, more: { ssl: 'flexible', automatic_https_rewrites: true, opportunistic_encryption: true, rulesets: { http_config_settings: rules } } })
  await edge.secured()
  const head = async (path, name, secure) => (await edge.get(path, secure && { secure: {} })).headers.get(name)
  for (const path of ['/', '/a.css', '/a.css']) {
    eq(await head(path, 'content-security-policy', true), 'upgrade-insecure-requests')
    eq(await head(path, 'alt-svc', false), `h2=":${edge.securePort}"; ma=60`)
  }
  ok(!await head('/rule', 'content-security-policy', true) && !await head('/rule', 'alt-svc', false))
  ok(!await head('/', 'alt-svc', true) && !await head('/', 'content-security-policy', false))
})

scene('the paths of validations are a setting; without them the trap is back', async s => {
  const app = await s.origin({ '/.well-known/acme-challenge/t': 't.thumb', '/.well-known/own/t': 'own' })
  const more = { ssl: 'full', always_use_https: true }
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'www.one.test': [app] }, more })
  await edge.secured()
  const status = async path => (await edge.get(path)).status
  eq([await status('/.well-known/acme-challenge/t'), await status('/.well-known/own/t')], [200, 301])
  const plan = paths => ({ kind: 'zone', name: 'one.test', ...more, validation_paths: paths, hosts: [{ name: 'www.one.test', origins: [`127.0.0.1:${app.port}`] }] })
  edge.plan(plan(['/.well-known/own/']))
  await waitFor(async () => await status('/.well-known/own/t') === 200, { what: 'the other list' })
  eq(await status('/.well-known/acme-challenge/t'), 301)
  edge.plan(plan([]))
  await waitFor(async () => await status('/.well-known/own/t') === 301, { what: 'the empty list' })
  eq(await status('/.well-known/acme-challenge/t'), 301)
})
