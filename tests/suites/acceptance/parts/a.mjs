// SPDX-License-Identifier: Apache-2.0
// From nothing to a working https://example.com.
import tls from 'node:tls'
import { DEFAULT, EDGE, PLATFORM, USER } from '../world.mjs'
import { edgeIsSecure, eq, ok, setting, waitFor } from '../lib.mjs'

/** The certificate that is shown for a name at an address. */
const shown = (host, servername) => new Promise((resolve, reject) => {
  const c = tls.connect({ host, port: 443, servername, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
    const cert = c.getPeerCertificate()
    resolve({ names: cert.subjectaltname, issuer: cert.issuer.CN, alpn: c.alpnProtocol, serial: cert.serialNumber })
    c.destroy()
  })
  c.on('error', reject)
})

export default async function (step, w) {
  await step('1. an app is created: 201, new, listed', async () => {
    const r = await w.v1('POST', '/apps', { app: { name: 'my-app' } })
    eq([r.status, r.json?.app?.status], [201, 'new'], r.text)
    eq((await w.v1('GET', '/apps')).json.apps.map(a => a.name), ['my-app'])
  })
  await step('2. two instances: 202, the operation is done, ps shows them running', async () => {
    await w.scale([{ name: 'web', amount: 2, size: 'M', command: `exec node ${w.app}` }])
    const ps = (await w.v1('GET', '/apps/my-app/ps')).json.containers
    eq(ps.map(c => [c.label, c.state]), [['web-1', 'running'], ['web-2', 'running']])
    eq((await w.v1('GET', '/apps/my-app')).json.app.status, 'running')
  })
  await step('3. the default domain answers over both schemes and HTTP/2, alternating, with the headers of the platform', async () => {
    const ca = w.platform.authority()
    eq((await w.get(`http://${DEFAULT}/`)).status, 200)
    eq((await w.get(`https://${DEFAULT}/`, { ca })).status, 200)
    eq((await w.h2(`https://${DEFAULT}/`, { at: PLATFORM, ca })).status, 200)
    const cert = await shown(PLATFORM, DEFAULT)
    eq([cert.names, cert.alpn], ['DNS:*.osc-fr1.scalingo.io', 'h2'])
    const seen = []
    for (let i = 0; i < 10; i++) seen.push((await w.get(`http://${DEFAULT}/`)).json.name)
    eq(seen.filter(n => n === 'web-1').length, 5)
    ok(seen.every((n, i) => i === 0 || n !== seen[i - 1]), seen.join(' '))
    const h = (await w.get(`https://${DEFAULT}/?q`, { ca, headers: { 'X-Forwarded-For': '192.0.2.66', 'X-Request-ID': 'short' } })).json.headers
    eq([h['x-forwarded-proto'], h['x-forwarded-port']], ['https', '443'])
    eq(h['x-forwarded-for'], h['x-real-ip'], 'nobody is believed')
    ok(/^[0-9a-f-]{36}$/.test(h['x-request-id']) && /^t=\d{10}\.\d{3}$/.test(h['x-request-start']))
  })
  await step('4. the zone is pending and its name servers answer already', async () => {
    const z = await w.zone('POST', '/zones', { name: 'example.com' })
    w.zoneId = z.id
    eq([z.status, z.name_servers], ['pending', ['ns1.edge.test', 'ns2.edge.test']])
    eq((await w.dig('example.com', 'NS')).data, ['ns1.edge.test.', 'ns2.edge.test.'])
    ok((await w.dig('example.com', 'SOA')).data[0].startsWith('ns1.edge.test.'))
  })
  await step('5. the delegation changes and the edge notices', async () => {
    w.names.delegate('example.com', ['ns1.edge.test', 'ns2.edge.test'])
    await w.edge.call('PUT', `/zones/${w.zoneId}/activation_check`)
    await waitFor(async () => (await w.zone('GET', `/zones/${w.zoneId}`)).status === 'active', { within: 30000, every: 100, what: 'the zone to be active' })
  })
  await step('6. proxied names answer with the edge, the apex keeps SOA, NS and MX', async () => {
    w.records = {}
    for (const name of ['example.com', 'www']) w.records[name] = (await w.zone('POST', `/zones/${w.zoneId}/dns_records`, { type: 'CNAME', name, content: DEFAULT, proxied: true })).id
    await w.zone('POST', `/zones/${w.zoneId}/dns_records`, { type: 'MX', name: 'example.com', content: 'mail.example.net', priority: 10 })
    for (const name of ['example.com', 'www.example.com']) {
      const a = await w.dig(name, 'A')
      eq(a.answer.map(r => [r.type, r.data, r.ttl]), [['A', EDGE, 300]])
      eq((await w.dig(name, 'AAAA')).data, [])
      eq((await w.dig(name, 'CNAME')).data, [])
    }
    eq((await w.dig('example.com', 'MX')).data, ['10 mail.example.net.'])
    eq((await w.dig('example.com', 'NS')).data.length, 2)
    eq((await w.dig('example.com', 'SOA')).data.length, 1)
  })
  await step('7. the edge has a certificate for both names; the platform does not know the domain yet', async () => {
    await edgeIsSecure(w, ['example.com', 'www.example.com'])
    await setting(w, 'ssl', 'full')
    const r = await w.get('http://example.com/')
    eq([r.status, r.headers.get('x-scalingo-error')], [404, 'unknown domain'])
  })
  await step('8. Full (strict): 526 over HTTPS, the visitor\'s scheme over HTTP', async () => {
    await setting(w, 'ssl', 'strict')
    await waitFor(async () => (await w.get('https://example.com/')).status === 526, { within: 10000, every: 100, what: '526' })
    eq((await w.get('http://example.com/')).status, 404)
  })
  await step('9. the domains are added', async () => {
    w.issued = w.pebble.issued
    for (const name of ['example.com', 'www.example.com']) {
      const r = await w.v1('POST', '/apps/my-app/domains', { domain: { name } })
      eq([r.status, r.json?.domain?.letsencrypt_status], [201, 'new'], r.text)
    }
    const events = (await w.v1('GET', '/apps/my-app/events')).json.events
    eq(events.filter(e => e.type === 'new_domain').map(e => e.type_data.hostname).sort(), ['example.com', 'www.example.com'])
  })
  await step('10. the platform finds that the names reach it and the authority validates through the edge', async () => {
    await w.domainIs('example.com', { letsencrypt_status: 'created', ssl_status: 'success', letsencrypt: true })
    await w.domainIs('www.example.com', { letsencrypt_status: 'created', ssl_status: 'success', letsencrypt: true })
    eq(w.pebble.issued - w.issued, 2)
    const asked = w.edge.log().filter(l => l.path.startsWith('/.well-known/acme-challenge/') && l.host.replace(/:80$/, '') === 'example.com')
    ok(asked.length >= 2, `a probe and a validation: ${JSON.stringify(w.edge.log().slice(-12))}`)
    ok(asked.every(l => l.status === 200 && !/HIT/.test(l.cache ?? '')), JSON.stringify(asked))
  })
  await step('11. the domain shows its certificate and 45 days', async () => {
    const d = await w.domain('example.com')
    const days = (new Date(d.validity) - Date.now()) / 86400000
    ok(days > 44.9 && days <= 45.01, d.validity)
    eq(d.tlscert, '/CN=example.com')
  })
  await step('11. the table of the command line says so', async () => {
    const table = await w.does('--app', 'my-app', 'domains')
    ok(/example\.com .*Let's Encrypt .*Created/.test(table), table)
  })
  await step('12. https://example.com/ through the edge, verified to the platform, which sees edge and user', async () => {
    const r = await waitFor(async () => { const x = await w.get('https://example.com/'); return x.status === 200 && x }, { within: 10000, every: 100, what: '200' })
    const h = r.json.headers
    eq([h.host, h['x-forwarded-proto'], h['x-forwarded-port']], ['example.com', 'https', '443'])
    eq([h['x-real-ip'], h['cf-connecting-ip'], h['x-forwarded-for']], [EDGE, USER, `${USER}, ${EDGE}`])
    eq((await shown(PLATFORM, 'example.com')).names, 'DNS:example.com')
    ok(/^Pebble/.test((await shown(PLATFORM, 'example.com')).issuer))
  })
  await step('13. http://example.com/ in clear: nothing forces HTTPS', async () => {
    const r = await w.get('http://example.com/')
    eq([r.status, r.json.headers['x-forwarded-proto']], [200, 'http'])
  })
  await step('14. a static asset comes from the edge the second time; a dynamic page never', async () => {
    const first = await w.get('https://example.com/static/logo.css')
    const second = await w.get('https://example.com/static/logo.css')
    eq([first.headers.get('cf-cache-status'), second.headers.get('cf-cache-status')], ['MISS', 'HIT'])
    eq(first.text, second.text)
    const pages = [await w.get('https://example.com/'), await w.get('https://example.com/')]
    eq(new Set(pages.map(p => p.json.name)).size, 2)
  })
}
