// SPDX-License-Identifier: Apache-2.0
// The forgotten final dot.
import { DEFAULT, EDGE, PLATFORM } from '../world.mjs'
import { appRuns, eq, ok, setting, waitFor, zoneIsActive } from '../lib.mjs'

const importFile = async (w, text) => {
  const form = new FormData()
  form.append('file', new Blob([text]), 'zone.txt')
  const r = await fetch(`${w.edge.base}/zones/${w.zoneId}/dns_records/import`, { method: 'POST', headers: { authorization: `Bearer ${w.edge.token}` }, body: form })
  return r.json()
}
const www = async w => (await w.zone('GET', `/zones/${w.zoneId}/dns_records?name=www.example.com`))[0]

export default async function (step, w) {
  await step('an app, a zone, a domain', async () => {
    await appRuns(w, 1)
    await zoneIsActive(w, { names: [] })
    await setting(w, 'ssl', 'full')
  })
  await step('15. a zone file without the dot: the target is inside the zone, and a warning says so', async () => {
    const r = await importFile(w, `www 300 IN CNAME ${DEFAULT}\n`)
    ok(r.success, JSON.stringify(r))
    eq((await www(w)).content, `${DEFAULT}.example.com`)
    ok(/final dot|trailing dot|dot/.test(JSON.stringify(r)), `no warning: ${JSON.stringify(r)}`)
    const d = await w.dig('www.example.com', 'A')
    eq([d.rcode, d.answer.map(a => a.type)], ['NXDOMAIN', ['CNAME']])
  })
  await step('15. proxied: 530 with error 1016, and the platform waits for DNS', async () => {
    await w.zone('PATCH', `/zones/${w.zoneId}/dns_records/${(await www(w)).id}`, { proxied: true })
    const r = await waitFor(async () => { const x = await w.get('http://www.example.com/', { at: EDGE }); return x.status === 530 && x }, { within: 20000, every: 100, what: '530' })
    ok(/1016/.test(r.text), r.text.slice(0, 300))
    eq((await w.v1('POST', '/apps/my-app/domains', { domain: { name: 'www.example.com' } })).status, 201)
    await w.domainIs('www.example.com', { letsencrypt_status: 'pending_dns' })
  })
  await step('16. the same through the API: absolute with or without the dot', async () => {
    await w.zone('PATCH', `/zones/${w.zoneId}/dns_records/${(await www(w)).id}`, { content: DEFAULT })
    eq((await www(w)).content, DEFAULT)
    await w.domainIs('www.example.com', { letsencrypt_status: 'created' })
    eq((await w.get('http://www.example.com/', { at: EDGE })).status, 200)
  })
  await step('16. the file again, with the dot', async () => {
    await w.zone('DELETE', `/zones/${w.zoneId}/dns_records/${(await www(w)).id}`)
    ok((await importFile(w, `www 300 IN CNAME ${DEFAULT}.\n`)).success)
    eq((await www(w)).content, DEFAULT)
    eq((await w.dig('www.example.com', 'CNAME')).data, [`${DEFAULT}.`])
    eq(await w.resolve('www.example.com'), PLATFORM)
  })
}
