// SPDX-License-Identifier: Apache-2.0
// What several parts begin with.
import assert from 'node:assert/strict'
import { DEFAULT } from './world.mjs'
import { waitFor } from '../../lib/wait.mjs'

export const eq = assert.deepEqual
export const ok = assert.ok
export { waitFor }

/** An app with n instances of the scenario's app. */
export async function appRuns (w, n = 2) {
  const r = await w.v1('POST', '/apps', { app: { name: 'my-app' } })
  eq(r.status, 201, r.text)
  eq(r.json.app.status, 'new')
  await w.scale([{ name: 'web', amount: n, size: 'M', command: `exec node ${w.app}` }])
}

/** The zone at the edge, delegated, with both names proxied to the app; the edge has its certificates. */
export async function zoneIsActive (w, { names = ['example.com', 'www'], proxied = true } = {}) {
  const z = await w.zone('POST', '/zones', { name: 'example.com' })
  w.zoneId = z.id
  w.names.delegate('example.com', ['ns1.edge.test', 'ns2.edge.test'])
  await w.edge.call('PUT', `/zones/${z.id}/activation_check`)
  await waitFor(async () => (await w.zone('GET', `/zones/${z.id}`)).status === 'active', { within: 30000, every: 100, what: 'the zone to be active' })
  w.records = {}
  for (const name of names) w.records[name] = (await w.zone('POST', `/zones/${z.id}/dns_records`, { type: 'CNAME', name, content: DEFAULT, proxied })).id
  await edgeIsSecure(w, names.map(n => n.includes('.') ? n : `${n}.example.com`))
}

/** Handshakes with the edge verify against the authority's root. */
export async function edgeIsSecure (w, names) {
  for (const name of names) {
    await waitFor(() => w.get(`https://${name}/cdn-cgi/trace`, { at: '203.0.113.1' }).then(r => r.status === 200), { within: 30000, every: 100, what: `the edge's certificate for ${name}` })
  }
}

export const setting = (w, name, value) => w.zone('PATCH', `/zones/${w.zoneId}/settings/${name}`, { value })

/** Adds domains to the app and waits for their certificates. */
export async function domainsAreSecure (w, names = ['example.com', 'www.example.com']) {
  for (const name of names) {
    const r = await w.v1('POST', '/apps/my-app/domains', { domain: { name } })
    eq(r.status, 201, r.text)
  }
  for (const name of names) await w.domainIs(name, { letsencrypt_status: 'created', ssl_status: 'success' })
}

export const instanceOf = r => r.json?.name
