// SPDX-License-Identifier: Apache-2.0
// Names elsewhere: flattened CNAMEs follow their target, proxied ones find their origin, failures keep the last good answer.
import { scene, eq, ok, waitFor, freePort } from '../lib/scene.mjs'
import { ask } from '../lib/dns.mjs'
import { Resolver } from '../lib/resolver.mjs'

async function node (s, config = {}) {
  const resolver = await Resolver.start()
  const dns = await freePort()
  s.undo.push(() => resolver.stop())
  const edge = await s.edge({
    api: true, config: { listen: { dns: `127.0.0.1:${dns}` }, resolver: { servers: resolver.address }, edge: { addresses: '203.0.113.1', ...config.edge } }
  })
  const z = (await edge.call('POST', '/zones', { name: 'zone.test' })).result
  const record = async body => {
    const r = await edge.call('POST', `/zones/${z.id}/dns_records`, body)
    eq([r.status, r.errors], [200, []])
    return r.result
  }
  const answer = async (name, type) => { const r = await ask(dns, name, type); return [r.rcode, ...r.data] }
  const until = (name, type, want) => waitFor(async () => JSON.stringify(await answer(name, type)) === JSON.stringify(want), { within: 15000, every: 20, what: `${name} ${type} to be ${want}` })
    .catch(async e => { throw new Error(`${e.message}; it is ${await answer(name, type)}`) })
  return { edge, zone: z, resolver, record, answer, until, dns }
}

scene('the zone itself may be a CNAME: it answers with the addresses of its target', async s => {
  const n = await node(s)

  n.resolver.set('app.elsewhere.test', { CNAME: 'lb.elsewhere.test', ttl: 40 }).set('lb.elsewhere.test', { A: ['192.0.2.7', '192.0.2.8'], AAAA: ['2001:db8:0:0:0:0:0:7'], ttl: 90 })
  n.resolver.set('four.elsewhere.test', { A: ['192.0.2.4'] }).set('none.elsewhere.test', {})
  await n.record({ type: 'CNAME', name: '@', content: 'app.elsewhere.test' })
  await n.record({ type: 'MX', name: '@', content: 'mx.elsewhere.test', priority: 5 })
  await n.record({ type: 'CNAME', name: 'four', content: 'four.elsewhere.test', settings: { flatten_cname: true } })
  await n.record({ type: 'CNAME', name: 'none', content: 'none.elsewhere.test', settings: { flatten_cname: true } })
  await n.record({ type: 'CNAME', name: 'gone', content: 'gone.elsewhere.test', settings: { flatten_cname: true } })
  await n.record({ type: 'CNAME', name: 'www', content: 'app.elsewhere.test' })

  await n.until('zone.test', 'A', ['NOERROR', '192.0.2.7', '192.0.2.8'])
  eq((await ask(n.dns, 'zone.test', 'A')).answer[0].ttl, 40, 'the least TTL of the chain')
  eq(await n.answer('zone.test', 'AAAA'), ['NOERROR', '2001:db8:0:0:0:0:0:7'])
  eq(await n.answer('zone.test', 'MX'), ['NOERROR', '5 mx.elsewhere.test.'])
  eq(await n.answer('www.zone.test', 'A'), ['NOERROR', 'app.elsewhere.test.'], 'DNS-only CNAMEs stay what they are')
  // For all CNAMEs of the zone: by the zone's DNS settings, which the setting mirrors.
  const settings = (method, path, body) => n.edge.call(method, `/zones/${n.zone.id}/${path}`, body)
  eq((await settings('PATCH', 'dns_settings', { flatten_all_cnames: true })).result.flatten_all_cnames, true)
  eq((await settings('GET', 'settings/cname_flattening')).result.value, 'flatten_all')
  eq(await n.answer('www.zone.test', 'A'), ['NOERROR', '192.0.2.7', '192.0.2.8'])
  eq((await settings('PATCH', 'settings/cname_flattening', { value: 'flatten_at_root' })).status, 200)
  eq((await settings('GET', 'dns_settings')).result.flatten_all_cnames, false)
  eq(await n.answer('www.zone.test', 'A'), ['NOERROR', 'app.elsewhere.test.'])
  eq((await settings('PATCH', 'dns_settings', { multi_provider: true })).errors[0].source.pointer, '/multi_provider')
  await n.until('four.zone.test', 'A', ['NOERROR', '192.0.2.4'])
  eq(await n.answer('four.zone.test', 'AAAA'), ['NOERROR'], 'one family is enough')
  await n.until('none.zone.test', 'A', ['NOERROR'])
  await n.until('gone.zone.test', 'A', ['NOERROR'])
})

scene('a target that changes is followed; one that fails keeps its last good answer', async s => {
  const n = await node(s)

  n.resolver.set('app.elsewhere.test', { A: ['192.0.2.7'], ttl: 1 }).set('loop1.elsewhere.test', { CNAME: 'loop2.elsewhere.test' }).set('loop2.elsewhere.test', { CNAME: 'loop1.elsewhere.test' })
  await n.record({ type: 'CNAME', name: '@', content: 'app.elsewhere.test' })
  await n.record({ type: 'CNAME', name: 'loop', content: 'loop1.elsewhere.test', settings: { flatten_cname: true } })
  await n.until('zone.test', 'A', ['NOERROR', '192.0.2.7'])
  eq(await n.answer('loop.zone.test', 'A'), ['SERVFAIL'])

  n.resolver.set('app.elsewhere.test', { A: ['192.0.2.9'], ttl: 1 })
  await n.until('zone.test', 'A', ['NOERROR', '192.0.2.9'])
  n.resolver.set('app.elsewhere.test', { rcode: 2 })
  await waitFor(async () => (await ask(n.dns, 'zone.test', 'A')).answer[0]?.ttl === 30, { within: 15000, every: 20, what: 'the TTL of a stale answer' })
  eq(await n.answer('zone.test', 'A'), ['NOERROR', '192.0.2.9'])
  // What is known outlives a restart.
  await n.edge.stop()
  await n.edge.start()
  await n.until('zone.test', 'A', ['NOERROR', '192.0.2.9'])
})

scene('a proxied CNAME is fetched from the addresses of its target', async s => {
  const n = await node(s)

  n.resolver.set('here.elsewhere.test', { A: ['203.0.113.1'] })
  await n.record({ type: 'CNAME', name: 'nowhere', content: 'nowhere.elsewhere.test', proxied: true })
  await n.record({ type: 'CNAME', name: 'self', content: 'here.elsewhere.test', proxied: true })
  eq(await n.answer('nowhere.zone.test', 'A'), ['NOERROR', '203.0.113.1'], 'the origin is not told')
  const page = async host => { const r = await n.edge.get('/', { host }); return [r.status, /\b1\d{3}\b/.exec(r.text)?.[0]] }
  eq(await page('nowhere.zone.test'), [530, '1016'])
  await waitFor(async () => (await page('self.zone.test'))[1] === '1000', { within: 15000, every: 20, what: 'the loop to be seen' })
})
