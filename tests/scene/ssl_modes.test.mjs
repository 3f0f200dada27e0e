// SPDX-License-Identifier: Apache-2.0
// SSL modes: what each mode does with origins that speak no TLS, or show a wrong, an expired, a foreign, the right certificate.
import { scene, eq, ok, zone } from '../lib/scene.mjs'
import { authority } from '../lib/authority.mjs'

const MODES = ['off', 'flexible', 'full', 'strict', 'origin_pull']
// What a visitor over https, and one over http, gets of an origin; s: over TLS, p: in plain text, else the status.
const TABLE = {
  //             off           flexible      full          strict        origin_pull
  plain: { https: [301, 'p', 525, 525, 525], http: ['p', 'p', 'p', 'p', 525] },
  self: { https: [301, 520, 's', 526, 526], http: [520, 520, 520, 520, 526] },
  expired: { https: [301, 520, 's', 526, 526], http: [520, 520, 520, 520, 526] },
  wrong: { https: [301, 520, 's', 526, 526], http: [520, 520, 520, 520, 526] },
  chain: { https: [301, 520, 's', 526, 526], http: [520, 520, 520, 520, 526] },
  right: { https: [301, 520, 's', 's', 's'], http: [520, 520, 520, 520, 's'] }
}

scene('each mode against each kind of origin', async s => {
  const ca = authority(s.folder())
  const script = (q, reply) => reply.send(200, {}, q.wire.socket.encrypted ? 's' : 'p')
  const origins = {
    plain: await s.origin(script),
    self: await s.origin(script, { secure: ca.leaf('self', { hosts: ['self.off.test'], self: true }) }),
    expired: await s.origin(script, { secure: ca.leaf('expired', { hosts: MODES.map(m => `expired.${m}.test`.replace('_', '-')), days: -1 }) }),
    wrong: await s.origin(script, { secure: ca.leaf('wrong', { hosts: ['other.test'] }) }),
    chain: await s.origin(script, { secure: ca.leaf('chain', { hosts: MODES.map(m => `chain.${m}.test`.replace('_', '-')), through: 'middle', chain: false }) }),
    right: await s.origin(script, { secure: ca.leaf('right', { hosts: MODES.map(m => `right.${m}.test`.replace('_', '-')) }) })
  }
  const plan = MODES.map(m => zone(`${m}.test`.replace('_', '-'), Object.fromEntries(Object.entries(origins).map(([kind, o]) => [`${kind}.${m}.test`.replace('_', '-'), [o]])), { ssl: m }))
  const edge = await s.edge({ https: true, plan, config: { origin: { ca_file: ca.file } } })
  for (const m of MODES) await edge.secured(`plain.${m}.test`.replace('_', '-'))
  const got = {}
  for (const kind of Object.keys(origins)) {
    got[kind] = { https: [], http: [] }
    for (const scheme of ['https', 'http']) {
      for (const m of MODES) {
        const host = `${kind}.${m}.test`.replace('_', '-')
        const r = await edge.get('/', { host, ...scheme === 'https' && { secure: {} } })
        got[kind][scheme].push(r.status === 200 ? r.text : r.status)
        if (r.status === 301) eq(r.headers.get('location'), `http://${host}/`)
      }
    }
  }
  eq(got, TABLE)
  // The log says which check failed.
  const why = async kind => (await edge.logged({ host: `${kind}.strict.test`, status: 526 })).detail
  for (const [kind, words] of [['self', /self-signed/], ['expired', /^its certificate expired on 20\d\d-\d\d-\d\d \d\d:\d\d UTC$/], ['chain', /lacks an intermediate: "middle"/], ['wrong', /is for other\.test, not for wrong\.strict\.test/]]) {
    const said = await why(kind)
    ok(words.test(said), said)
  }
  for (const o of Object.values(origins)) o.errors.length = 0 // plain requests at a TLS port, and the other way round
})

scene('bodies, uploads and kept connections through TLS to the origin', async s => {
  const ca = authority(s.folder())
  const big = Buffer.alloc(2_000_000, 'seawall ')
  const app = await s.origin({
    '/big.bin': { headers: { 'Cache-Control': 'no-store' }, body: big },
    '/up': (q, reply) => reply.send(200, {}, String(q.body.length)),
    '/a.css': { headers: { 'Cache-Control': 'max-age=60' }, body: 'a' }
  }, { secure: ca.leaf('www', { hosts: ['www.one.test'] }) })
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'www.one.test': [app] }, more: { ssl: 'strict' }, config: { origin: { ca_file: ca.file } } })
  await edge.secured()
  const client = await s.client(edge, { secure: {} })
  for (let i = 0; i < 5; i++) ok((await client.get('/big.bin')).body.equals(big))
  eq((await client.request('POST', '/up', { body: big })).text, '2000000')
  eq([(await client.get('/a.css')).headers.get('cf-cache-status'), (await client.get('/a.css')).headers.get('cf-cache-status')], ['MISS', 'HIT'])
  eq(app.connections, 1)
})

scene('an origin that renews by http-01 behind strict mode and Always Use HTTPS is reached although its certificate has expired', async s => {
  const ca = authority(s.folder())
  const script = { '/.well-known/acme-challenge/t': 't.thumb', '/': 'hello' }
  const plain = await s.origin(script)
  const edge = await s.edge({ https: true, zone: 'one.test', hosts: { 'www.one.test': [plain] }, more: { ssl: 'strict', always_use_https: true }, config: { origin: { ca_file: ca.file } } })
  await edge.secured()
  eq((await edge.get('/', { secure: {} })).status, 525) // the state that cannot be left by a redirect
  const token = await edge.get('/.well-known/acme-challenge/t')
  eq([token.status, token.text], [200, 't.thumb'])
  eq((await edge.get('/')).status, 301)
  plain.errors.length = 0 // what it thought of the handshake
})

scene('sessions with an origin are taken up again, and never for another name or another way of checking', async s => {
  const ca = authority(s.folder())
  const seen = []
  const app = await s.origin((q, reply) => {
    seen.push([q.headers.get('host').split(':')[0], q.wire.socket.isSessionReused()])
    return reply.send(200, { Connection: 'close', 'Cache-Control': 'no-store' }, 'x')
  }, { secure: ca.leaf('www', { hosts: ['www.one.test', 'two.one.test', 'www.full.test'] }) })
  const edge = await s.edge({ https: true, plan: [zone('one.test', { 'www.one.test': [app], 'two.one.test': [app] }, { ssl: 'strict' }), zone('full.test', { 'www.full.test': [app] }, { ssl: 'full' })], config: { origin: { ca_file: ca.file } } })
  await edge.secured('www.one.test')
  const get = host => edge.get('/', { host, secure: {} })
  for (let i = 0; i < 12; i++) eq((await get('www.one.test')).text, 'x')
  const full = seen.filter(([, reused]) => !reused).length
  ok(full <= 2 && full >= 1, `${full} full handshakes of 12`) // one for each worker
  seen.length = 0
  for (const host of ['two.one.test', 'www.full.test']) eq((await get(host)).text, 'x')
  eq(seen.map(([, reused]) => reused), [false, false])
})
