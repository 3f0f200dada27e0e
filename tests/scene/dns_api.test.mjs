// SPDX-License-Identifier: Apache-2.0
// The name server of a zone that lives in the API: what a change of a record does to answers and how fast; signing.
import { scene, eq, ok, ms, freePort, waitFor } from '../lib/scene.mjs'
import { ask } from '../lib/dns.mjs'

async function zone (s, name) {
  const port = await freePort()
  const edge = await s.edge({ api: true, config: { listen: { dns: `127.0.0.1:${port}` }, edge: { addresses: '203.0.113.80, 2001:db8::80' } } })
  const made = await edge.call('POST', '/zones', { name })
  eq(made.success, true)
  return { edge, id: made.result.id, ask: (qname, type, options) => ask(port, qname, type, options) }
}

scene('proxied and DNS-only: the name server follows before the API has answered, within 100 ms', async s => {
  const { edge, id, ask } = await zone(s, 'example.test')
  const made = await edge.call('POST', `/zones/${id}/dns_records`, { type: 'A', name: 'www', content: '192.0.2.1', proxied: false, ttl: 120 })
  eq(made.success, true, made.text)
  eq((await ask('www.example.test', 'A')).answer.map(r => [r.ttl, r.data]), [[120, '192.0.2.1']])
  const slowest = []
  for (let i = 0; i < 10; i++) {
    const proxied = i % 2 === 0
    const edited = await edge.call('PATCH', `/zones/${id}/dns_records/${made.result.id}`, { proxied })
    const since = performance.now()
    eq(edited.result.proxied, proxied)
    eq((await ask('www.example.test', 'A')).data, [proxied ? '203.0.113.80' : '192.0.2.1'])
    eq((await ask('www.example.test', 'AAAA')).data, proxied ? ['2001:db8:0:0:0:0:0:80'] : [])
    slowest.push(performance.now() - since)
  }
  ok(Math.max(...slowest) < ms(100), `${slowest.map(Math.round)} ms`)
})

scene('a zone is signed, its keys are exchanged, and signing ends without leaving a DS behind', async s => {
  const { edge, id, ask } = await zone(s, 'example.test')
  const dnssec = (method, body) => edge.call(method, `/zones/${id}/dnssec`, body)
  await edge.call('POST', `/zones/${id}/dns_records`, { type: 'A', name: 'www', content: '192.0.2.1' })

  const before = await dnssec('GET')
  eq([before.result.status, before.result.ds, before.result.key_tag, before.result.modified_on], ['disabled', null, null, null])
  eq((await ask('example.test', 'DNSKEY')).answer, [])

  const on = await dnssec('PATCH', { status: 'active' })
  eq([on.result.status, on.result.flags, on.result.algorithm, on.result.digest_type], ['pending', 257, '13', '2'], on.text)
  eq(on.result.ds, `example.test. 3600 IN DS ${on.result.key_tag} 13 2 ${on.result.digest}`)
  const signed = await ask('www.example.test', 'A', { dnssec: true })
  eq(signed.answer.map(r => r.type), ['A', 'RRSIG'])
  eq((await ask('example.test', 'DNSKEY')).answer.length, 2)
  eq((await ask('example.test', 'CDS')).answer.length, 1)
  const no = await ask('nope.example.test', 'A', { dnssec: true })
  eq([no.rcode, no.authority.map(r => r.type)], ['NOERROR', ['SOA', 'RRSIG', 'NSEC', 'RRSIG']])
  eq((await ask('nope.example.test', 'A')).rcode, 'NXDOMAIN')
  eq((await dnssec('PATCH', { status: 'active' })).result.key_tag, on.result.key_tag) // no new keys

  eq((await dnssec('PATCH', { roll: 'zsk' })).success, true)
  eq((await ask('example.test', 'DNSKEY')).answer.length, 3)
  eq((await dnssec('PATCH', { roll: 'zsk' })).status, 400)
  const rolled = await dnssec('PATCH', { roll: 'ksk' })
  ok(rolled.result.key_tag !== on.result.key_tag)
  const keys = await ask('example.test', 'DNSKEY', { dnssec: true })
  eq(keys.answer.map(r => r.type), ['DNSKEY', 'DNSKEY', 'DNSKEY', 'DNSKEY', 'RRSIG', 'RRSIG'])
  eq((await ask('example.test', 'CDS')).answer.length, 1)
  eq((await dnssec('PATCH', { roll: 'finish' })).success, true)
  eq((await ask('example.test', 'DNSKEY')).answer.length, 3)
  eq((await dnssec('PATCH', { roll: 'finish' })).errors[0].source.pointer, '/roll')
  eq((await dnssec('PATCH', { dnssec_use_nsec3: true })).errors[0].source.pointer, '/dnssec_use_nsec3')

  const off = await dnssec('PATCH', { status: 'disabled' })
  eq(off.result.status, 'pending-disabled')
  ok(/DS record/.test(off.messages[0].message), off.text)
  eq((await ask('www.example.test', 'A', { dnssec: true })).answer.length, 2) // still signed
  eq((await ask('example.test', 'CDS')).answer.map(r => r.data), ['0000000000'])
  eq((await dnssec('DELETE')).result, id)
  eq((await ask('www.example.test', 'A', { dnssec: true })).answer.length, 1)
  eq((await ask('example.test', 'DNSKEY')).answer, [])
  eq((await dnssec('GET')).result.modified_on, null)
})

scene('answers are counted by zone, type and code', async s => {
  const { edge, id, ask } = await zone(s, 'example.test')
  await edge.call('POST', `/zones/${id}/dns_records`, { type: 'A', name: 'www', content: '192.0.2.1' })
  for (let i = 0; i < 3; i++) await ask('www.example.test', 'A')
  await ask('nope.example.test', 'MX')
  const report = async query => (await edge.call('GET', `/zones/${id}/dns_analytics/report${query}`)).result
  const types = await report('')
  eq([types.totals.queryCount, types.rows], [4, 2])
  eq(types.data.sort((a, b) => b.metrics[0] - a.metrics[0]), [{ dimensions: ['A'], metrics: [3] }, { dimensions: ['MX'], metrics: [1] }])
  eq((await report('?dimensions=responseCode')).data.find(r => r.dimensions[0] === 'NXDOMAIN').metrics, [1])
  eq((await edge.call('GET', `/zones/${id}/dns_analytics/report?dimensions=nope`)).status, 400)
})

scene('the status of signing follows the DS records of the parent', async s => {
  const port = await freePort()
  const edge = await s.edge({
    api: true,
    config: { listen: { dns: `127.0.0.1:${port}` }, resolver: { servers: `127.0.0.1:${port}` }, limits: { dnssec_check_ms: 100 } }
  })
  const parent = ds => edge.plan({
    kind: 'dns', name: 'test', ns: ['ns.test'],
    records: [{ name: 'example.test', type: 'NS', rdata: 'ns1.edge.test.' }, ...(ds ? [{ name: 'example.test', type: 'DS', rdata: ds }] : [])]
  })
  parent(null)
  const { id } = (await edge.call('POST', '/zones', { name: 'example.test' })).result
  const dnssec = (method, body) => edge.call(method, `/zones/${id}/dnssec`, body)
  const status = want => waitFor(async () => (await dnssec('GET')).result.status === want, { within: 15000, what: `status ${want}` })

  const on = await dnssec('PATCH', { status: 'active' })
  eq(on.result.status, 'pending')
  parent(on.result.ds.split(' DS ')[1])
  await status('active')
  eq((await dnssec('DELETE')).status, 400)
  const off = await dnssec('PATCH', { status: 'disabled' })
  eq([off.result.status, /still has the DS/.test(off.messages[0].message)], ['pending-disabled', true])
  eq((await dnssec('DELETE')).status, 400)
  parent(null)
  await status('disabled')
  eq((await dnssec('DELETE')).success, true)
})
