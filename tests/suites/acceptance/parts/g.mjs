// SPDX-License-Identifier: Apache-2.0
// Domains: canonical, limits, certificates of one's own, wildcards.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { DEFAULT, PLATFORM } from '../world.mjs'
import { appRuns, domainsAreSecure, eq, ok, setting, waitFor, zoneIsActive } from '../lib.mjs'

const issuer = (servername, host = PLATFORM) => new Promise((resolve, reject) => {
  const c = tls.connect({ host, port: 443, servername, rejectUnauthorized: false }, () => { resolve(c.getPeerCertificate().issuer.CN); c.destroy() })
  c.on('error', reject)
})

export default async function (step, w) {
  const add = (name, more = {}, app = 'my-app') => w.v1('POST', `/apps/${app}/domains`, { domain: { name, ...more } })
  const patch = async (name, body) => w.v1('PATCH', `/apps/my-app/domains/${(await w.domain(name)).id}`, { domain: body })
  const variable = (name, value) => w.v1('POST', '/apps/my-app/variables', { variable: { name, value } })

  await step('the end of part A', async () => {
    await appRuns(w, 1)
    await zoneIsActive(w)
    await setting(w, 'ssl', 'strict')
    await domainsAreSecure(w)
  })
  await step('25. a canonical domain: the others are redirected, validations are not', async () => {
    eq((await patch('www.example.com', { canonical: true })).status, 200)
    const r = await waitFor(async () => { const x = await w.get('https://example.com/p?q'); return x.status === 301 && x }, { within: 10000, every: 50, what: '301' })
    eq(r.headers.get('location'), 'https://www.example.com/p?q')
    const own = await w.get(`http://${DEFAULT}/p`)
    eq([own.status, new URL(own.headers.get('location')).host], [301, 'www.example.com'])
    eq((await w.get('https://www.example.com/p')).status, 200)
    eq((await w.get('http://example.com/.well-known/acme-challenge/none')).status, 404)
    eq((await patch('www.example.com', { canonical: false })).status, 200)
    await waitFor(async () => (await w.get('https://example.com/p?q')).status === 200, { within: 5000, every: 50, what: 'no redirect any more' })
  })
  await step('26. the 21st domain, a taken one, and the level of somebody else\'s wildcard are refused', async () => {
    for (let i = 3; i <= 20; i++) eq((await add(`d${i}.example.net`, { letsencrypt_enabled: false })).status, 201)
    const over = await add('d21.example.net')
    eq([over.status, Object.keys(over.json.errors)], [422, ['name']])
    eq((await w.v1('POST', '/apps', { app: { name: 'other-app' } })).status, 201)
    const taken = await add('example.com', {}, 'other-app')
    eq([taken.status, taken.json.errors.name], [422, ['has already been taken']])
    for (let i = 3; i <= 20; i++) eq((await w.v1('DELETE', `/apps/my-app/domains/${(await w.domain(`d${i}.example.net`)).id}`)).status, 204)
  })
  await step('27. a certificate of one\'s own is served at once, and the automatic one when it is taken away', async () => {
    const file = n => path.join(w.dir, n)
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/C=FR/CN=example.com', '-addext', 'subjectAltName=DNS:example.com', '-keyout', file('own.key'), '-out', file('own.crt')], { stdio: 'ignore' })
    const r = await patch('example.com', { tlscert: fs.readFileSync(file('own.crt'), 'utf8'), tlskey: fs.readFileSync(file('own.key'), 'utf8') })
    eq([r.status, r.json?.domain?.ssl], [200, true], r.text)
    eq(await issuer('example.com'), 'example.com')
    const d = await w.domain('example.com')
    eq([d.letsencrypt, d.letsencrypt_status, d.tlscert, d.tlskey], [false, 'created', '/C=FR/CN=example.com', 'RSA private key - 2048 bytes'])
    eq((await patch('example.com', { tlscert: '', tlskey: '' })).status, 200)
    ok(/^Pebble/.test(await issuer('example.com')))
    const before = w.pebble.issued
    w.names.set('nole.example.net', { A: [PLATFORM], ttl: 1 })
    eq((await add('nole.example.net', { letsencrypt_enabled: false })).status, 201)
    w.names.set('le.example.net', { A: [PLATFORM], ttl: 1 })
    eq((await add('le.example.net')).status, 201)
    await w.domainIs('le.example.net', { letsencrypt_status: 'created' })
    eq(w.pebble.issued - before, 1)
    ok(!/nole\.example\.net/.test(w.pebble.output), 'the authority was told of a name that wants nothing of it')
  })
  await step('28. a wildcard without a provider: Action required, with the record to publish; published, it is issued', async () => {
    eq((await add('*.hand.example.com')).status, 201)
    const d = await w.domainIs('*.hand.example.com', { letsencrypt_status: 'dns_required' })
    eq(d.acme_dns_fqdn, '_acme-challenge.hand.example.com')
    ok(/^[\w-]{43}$/.test(d.acme_dns_value), d.acme_dns_value)
    await w.zone('POST', `/zones/${w.zoneId}/dns_records`, { type: 'TXT', name: d.acme_dns_fqdn, content: d.acme_dns_value, ttl: 60 })
    await w.domainIs('*.hand.example.com', { letsencrypt_status: 'created', acme_dns_value: null })
    ok(/^Pebble/.test(await issuer('any.hand.example.com')))
  })
  await step('28. with DNS_PROVIDER=cloudflare and a token of the edge that may read the zone and edit its records', async () => {
    eq((await variable('DNS_PROVIDER', 'cloudflare')).status, 201)
    eq((await add('*.auto.example.com')).status, 201)
    const d = await w.domainIs('*.auto.example.com', { letsencrypt_status: 'dns_required' })
    eq(d.acme_dns_error, { dns_provider: 'cloudflare', variables: ['DNS_CLOUDFLARE_API_TOKEN'] })
    const groups = await w.zone('GET', '/user/tokens/permission_groups')
    const right = name => ({ id: groups.find(g => g.name === name).id })
    const token = await w.zone('POST', '/user/tokens', { name: 'wildcards', policies: [{ effect: 'allow', resources: { [`com.cloudflare.api.account.zone.${w.zoneId}`]: '*' }, permission_groups: [right('Zone Read'), right('DNS Write')] }] })
    eq((await variable('DNS_CLOUDFLARE_API_TOKEN', token.value)).status, 201)
    eq((await variable('DNS_CLOUDFLARE_API_URL', w.edge.base)).status, 201)
    await w.domainIs('*.auto.example.com', { letsencrypt_status: 'created', ssl_status: 'success' }, 60000)
    ok(/^Pebble/.test(await issuer('any.auto.example.com')))
    await waitFor(async () => (await w.zone('GET', `/zones/${w.zoneId}/dns_records?type=TXT&name=_acme-challenge.auto.example.com`)).length === 0, { within: 10000, every: 100, what: 'the record to be gone' })
    eq((await w.get('https://any.auto.example.com/', { at: PLATFORM })).status, 200)
  })
}
