// SPDX-License-Identifier: Apache-2.0
// Force HTTPS at the origin.
import { DEFAULT } from '../world.mjs'
import { appRuns, domainsAreSecure, eq, ok, setting, waitFor, zoneIsActive } from '../lib.mjs'

export default async function (step, w) {
  await step('the end of part A', async () => {
    await appRuns(w, 1)
    await zoneIsActive(w)
    await setting(w, 'ssl', 'strict')
    await domainsAreSecure(w, ['example.com'])
    await waitFor(async () => (await w.get('https://example.com/')).status === 200, { within: 10000, every: 100, what: '200' })
  })
  await step('23. Force HTTPS: 301 by the platform through the edge, HSTS unless the app has its own', async () => {
    const r = await w.v1('PATCH', '/apps/my-app', { app: { force_https: true } })
    eq([r.status, r.json?.app?.force_https], [200, true], r.text)
    const plain = await w.get('http://example.com/a?b')
    eq([plain.status, plain.headers.get('location')], [301, 'https://example.com/a?b'])
    eq((await w.get('https://example.com/')).headers.get('strict-transport-security'), 'max-age=31536000')
    eq((await w.get('https://example.com/hsts')).headers.get('strict-transport-security'), 'max-age=7')
    const own = await w.get(`http://${DEFAULT}/`)
    eq([own.status, own.headers.get('location')], [301, `https://${DEFAULT}/`])
  })
  await step('23. the path of validations stays open', async () => {
    const none = await w.get('http://example.com/.well-known/acme-challenge/none')
    eq(none.status, 404)
    ok(/^web-1 knows nothing/.test(none.text))
    eq((await w.v1('POST', '/apps/my-app/domains', { domain: { name: 'www.example.com' } })).status, 201)
    await w.domainIs('www.example.com', { letsencrypt_status: 'created' })
  })
  await step('24. Flexible with Force HTTPS is a loop: broken after a turn, and the edge says why', async () => {
    await setting(w, 'ssl', 'flexible')
    await waitFor(async () => (await w.get('https://example.com/')).status === 508, { within: 5000, every: 50, what: 'the loop to be broken' })
    await waitFor(() => w.edge.log().some(l => l.status === 508 && l.error === 'ERR_ORIGIN_REDIRECTS' && /flexible/.test(l.detail)), { within: 5000, what: 'the reason in the log' })
  })
}
