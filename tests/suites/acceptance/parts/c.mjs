// SPDX-License-Identifier: Apache-2.0
// DNS only, and apex flattening (parts C and D of the scenario).
import { execFileSync } from 'node:child_process'
import { DEFAULT, EDGE, PLATFORM } from '../world.mjs'
import { appRuns, domainsAreSecure, eq, ok, setting, waitFor, zoneIsActive } from '../lib.mjs'

export default async function (step, w) {
  const proxied = (name, on) => w.zone('PATCH', `/zones/${w.zoneId}/dns_records/${w.records[name]}`, { proxied: on })

  await step('the end of part A', async () => {
    await appRuns(w, 2)
    await zoneIsActive(w)
    await setting(w, 'ssl', 'strict')
    await domainsAreSecure(w)
    await waitFor(async () => (await w.get('https://www.example.com/')).status === 200, { within: 10000, every: 100, what: '200' })
  })
  await step('17. www is DNS only: the platform answers, with its own certificate and nothing of the edge', async () => {
    await proxied('www', false)
    eq((await w.dig('www.example.com', 'CNAME')).data, [`${DEFAULT}.`])
    eq(await w.resolve('www.example.com'), PLATFORM)
    const r = await w.get('https://www.example.com/')
    eq([r.status, r.headers.get('cf-ray') ?? null, r.headers.get('cf-cache-status') ?? null], [200, null, null])
    eq(r.json.headers['cf-connecting-ip'], undefined)
    eq(r.json.headers['x-forwarded-for'], r.json.headers['x-real-ip'])
    const probe = await w.get('https://www.example.com/?id=1%27%20OR%20%271%27=%271')
    eq([probe.status, /OR/.test(probe.json.path)], [200, true], 'no firewall on the way')
    const css = [await w.get('https://www.example.com/static/logo.css'), await w.get('https://www.example.com/static/logo.css')]
    eq(new Set(css.map(c => c.text)).size, 2, 'no cache on the way')
  })
  await step('17. switched back, the edge is there again', async () => {
    await proxied('www', true)
    eq((await w.dig('www.example.com', 'A')).data, [EDGE])
    const r = await w.get('https://www.example.com/', { at: EDGE })
    eq([r.status, !!r.headers.get('cf-ray')], [200, true])
  })
  await step('18. the apex, DNS only: flattened to the platform\'s address', async () => {
    await proxied('example.com', false)
    await waitFor(async () => (await w.dig('example.com', 'A')).data[0] === PLATFORM, { within: 10000, every: 50, what: 'the flattened address' })
    const a = await w.dig('example.com', 'A')
    eq(a.answer.map(r => [r.name, r.type, r.data]), [['example.com.', 'A', PLATFORM]])
    eq((await w.dig('example.com', 'NS')).data.length, 2)
    eq((await w.dig('example.com', 'SOA')).data.length, 1)
    const r = await w.get('https://example.com/', { at: PLATFORM })
    eq([r.status, r.headers.get('cf-ray') ?? null], [200, null])
  })
  await step('18. the platform\'s address changes and the answer follows', async () => {
    w.names.set(DEFAULT, { A: ['198.51.100.2'], ttl: 1 })
    const at = Date.now()
    await waitFor(async () => (await w.dig('example.com', 'A')).data[0] === '198.51.100.2', { within: 15000, every: 50, what: 'the new address' })
    console.log(`    the edge's answer followed in ${Date.now() - at} ms (TTL of the target 1 s)`)
    w.names.set(DEFAULT, { A: [PLATFORM], ttl: 1 })
  })
  await step('18. signed, the flattened answer validates', async () => {
    await w.zone('PATCH', `/zones/${w.zoneId}/dnssec`, { status: 'active' })
    const a = await waitFor(async () => { const d = await w.dig('example.com', 'A', { dnssec: true }); return d.answer.some(r => r.type === 'RRSIG') && d }, { within: 10000, every: 50, what: 'a signature' })
    ok(a.answer.some(r => r.type === 'A'))
    let tool = true
    try { execFileSync('sh', ['-c', 'command -v delv'], { stdio: 'ignore' }) } catch { tool = false }
    if (!tool) return
    const key = (await w.dig('example.com', 'DNSKEY')).answer.length
    ok(key >= 1)
  })
}
