// SPDX-License-Identifier: Apache-2.0
// A zone becomes active when its parent names exactly its name servers, and moved when it no longer does.
import { scene, eq, waitFor, freePort } from '../lib/scene.mjs'
import { ask } from '../lib/dns.mjs'
import { Resolver } from '../lib/resolver.mjs'

scene('pending zones are looked at until the parent delegates them', async s => {
  const resolver = await Resolver.start()
  const dns = await freePort()
  s.undo.push(() => resolver.stop())
  const edge = await s.edge({
    api: true,
    config: { listen: { dns: `127.0.0.1:${dns}` }, resolver: { servers: resolver.address }, edge: { activation: 'delegation', addresses: '203.0.113.1' } }
  })
  // The parent has no name servers that answer: the resolver's word counts.
  resolver.set('zone.test', { NS: ['ns1.edge.test', 'ns.old.test'] }).set('test', { NS: ['ns.parent.test'] })

  const z = (await edge.call('POST', '/zones', { name: 'zone.test' })).result
  eq([z.status, z.name_servers], ['pending', ['ns1.edge.test', 'ns2.edge.test']])
  const zone = async () => (await edge.call('GET', `/zones/${z.id}`)).result
  const check = () => edge.call('PUT', `/zones/${z.id}/activation_check`)
  await edge.call('POST', `/zones/${z.id}/dns_records`, { type: 'A', name: 'www', content: '192.0.2.1', proxied: true })
  const answer = async () => (await ask(dns, 'www.zone.test', 'A')).data
  eq(await answer(), ['192.0.2.1'], 'pending: answered as DNS-only')

  await waitFor(async () => (await zone()).original_name_servers, { within: 15000, every: 20, what: 'the first look' })
  eq([(await zone()).status, (await zone()).original_name_servers], ['pending', ['ns1.edge.test', 'ns.old.test']], 'one of ours is not enough')

  resolver.set('zone.test', { NS: ['NS2.edge.test', 'ns1.edge.test'] })
  eq((await check()).result, { id: z.id })
  eq((await check()).status, 400, 'not again at once')
  await waitFor(async () => (await zone()).status === 'active', { within: 15000, every: 20, what: 'the zone to be active' })
  eq(await answer(), ['203.0.113.1'], 'active: the edge answers for proxied names')
  eq(typeof (await zone()).activated_on, 'string')
  const log = await edge.call('GET', '/user/audit_logs')
  eq(log.result.filter(r => r.action.type === 'activation').at(0).newValueJson.status, 'active')
})
