// SPDX-License-Identifier: Apache-2.0
// Renewal while Always Use HTTPS is on. A day is a second: certificates live for 45 s and are renewed after 30.
import tls from 'node:tls'
import { EDGE, MINUTE, PLATFORM } from '../world.mjs'
import { appRuns, domainsAreSecure, eq, ok, setting, waitFor, zoneIsActive } from '../lib.mjs'

export const options = { validity: 45, edgeLimits: { origin_idle_ms: 100 } }

const serial = servername => new Promise((resolve, reject) => {
  const c = tls.connect({ host: PLATFORM, port: 443, servername, rejectUnauthorized: false }, () => { resolve(c.getPeerCertificate().serialNumber); c.destroy() })
  c.on('error', reject)
})

export default async function (step, w) {
  await step('the end of part A, with certificates of 45 seconds', async () => {
    await appRuns(w, 2)
    await zoneIsActive(w)
    await setting(w, 'ssl', 'strict')
    await domainsAreSecure(w, ['example.com'])
  })
  await step('19. Always Use HTTPS redirects everything but what validates', async () => {
    await setting(w, 'always_use_https', 'on')
    const r = await waitFor(async () => { const x = await w.get('http://example.com/x?y'); return x.status === 301 && x }, { within: 5000, every: 50, what: 'a redirect' })
    eq(r.headers.get('location'), 'https://example.com/x?y')
    const none = await w.get('http://example.com/.well-known/acme-challenge/none')
    eq(none.status, 404)
    ok(/^web-\d knows nothing/.test(none.text), `it reaches the platform: ${none.text.slice(0, 100)}`)
  })
  await step('20. renewed after two thirds of its life, validated through the edge, without a failed request', async () => {
    const before = { serial: await serial('example.com'), validity: (await w.domain('example.com')).validity }
    let asked = 0; const bad = []
    const until = Date.now() + 50000
    let renewed = false
    while (Date.now() < until && !renewed) {
      const r = await w.get('https://example.com/', { insecure: true }).catch(e => ({ status: e.message }))
      asked++
      if (r.status !== 200) bad.push(r.status)
      if (asked % 10 === 0) renewed = (await serial('example.com')) !== before.serial
    }
    ok(renewed, 'it was never renewed')
    eq(bad, [], `${bad.length} of ${asked} requests failed`)
    await waitFor(async () => (await w.domain('example.com')).validity > before.validity, { within: 5000, what: 'validity to move' })
    eq((await w.domain('example.com')).letsencrypt_status, 'created')
    console.log(`    ${asked} requests while it was renewed, none failed`)
  })
  await step('21. an authority that says no: error, attempts after 1, 2, 4 … minutes; attaching anew tries at once', async () => {
    // The platform is asked and answers; the authority, a moment later, is led elsewhere.
    const asked = []
    w.names.traps = new Map([['trap.example.net', () => {
      const now = Date.now()
      if (!asked.length || now - asked.at(-1) > 0.7 * MINUTE) { asked.push(now); return PLATFORM }
      return EDGE
    }]])
    eq((await w.v1('POST', '/apps/my-app/domains', { domain: { name: 'trap.example.net' } })).status, 201)
    const d = await w.domainIs('trap.example.net', { letsencrypt_status: 'error' })
    ok(d.acme_challenge_error, 'no reason is told')
    await waitFor(() => asked.length >= 4, { within: 30000, every: 100, what: 'four attempts' })
    const gaps = asked.slice(1).map((t, i) => (t - asked[i]) / MINUTE)
    console.log(`    minutes between attempts: ${gaps.map(g => g.toFixed(2)).join(' ')}`)
    ok(gaps[0] >= 0.95 && gaps[1] >= 1.95 && gaps[2] >= 3.95, gaps.join(' '))
    eq((await w.v1('DELETE', `/apps/my-app/domains/${d.id}`)).status, 204)
    w.names.traps.clear()
    w.names.set('trap.example.net', { A: [PLATFORM], ttl: 1 })
    const at = Date.now()
    eq((await w.v1('POST', '/apps/my-app/domains', { domain: { name: 'trap.example.net' } })).status, 201)
    await w.domainIs('trap.example.net', { letsencrypt_status: 'created' })
    ok(Date.now() - at < 5 * MINUTE)
  })
  await step('22. an expired certificate at the platform is 526 for users, and the renewal needs only port 80', async () => {
    w.pebble.child.kill('SIGSTOP')
    try {
      await waitFor(async () => (await w.get('https://example.com/', { insecure: true })).status === 526, { within: 80000, every: 500, what: '526' })
    } finally { w.pebble.child.kill('SIGCONT') }
    await waitFor(async () => (await w.get('https://example.com/', { insecure: true })).status === 200, { within: 90000, every: 200, what: 'a valid certificate again' })
  })
}
