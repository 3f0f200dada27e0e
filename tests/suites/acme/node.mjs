// SPDX-License-Identifier: Apache-2.0
// A node that orders certificates, and a look at what it shows.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { Edge } from '../../lib/edge.mjs'

/** A folder of this run that other users may read. */
export function folder (name) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), `seawall-acme-${name}-`))
  fs.chmodSync(dir, 0o755)
  return dir
}

/** Starts a node in dir; acme: its [acme] section; listen: addresses of http, https, dns. */
export async function node (dir, { acme, listen, limits = {}, user }) {
  const edge = new Edge(dir, {
    api: true,
    config: { listen, acme, limits, edge: { activation: 'immediate', addresses: '127.0.0.1', nameservers: 'ns1.edge.test, ns2.edge.test' }, node: { workers: 1, user } }
  })
  await edge.start()
  return edge
}

/** A zone by its name, made by the API. */
export async function zone (edge, name) {
  const r = await edge.call('POST', '/zones', { name })
  if (!r.success) throw new Error(`zone ${name}: ${r.text}`)
  return r.result
}

export async function record (edge, z, name) {
  const r = await edge.call('POST', `/zones/${z.id}/dns_records`, { type: 'A', name, content: '192.0.2.10', proxied: true })
  if (!r.success) throw new Error(`record ${name}: ${r.text}`)
}

/** A handshake that verifies against ca: the certificate, or null. */
export function verified (port, servername, ca) {
  return new Promise(resolve => {
    const c = tls.connect({ host: '127.0.0.1', port, servername, ca }, () => {
      const cert = c.getPeerCertificate()
      c.destroy()
      resolve(cert)
    })
    c.on('error', () => resolve(null))
  })
}
