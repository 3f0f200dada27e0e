// SPDX-License-Identifier: Apache-2.0
// The platform: an edge with listeners of the app router, and plan items of kind app.
import { Client } from './client.mjs'
import { freePort } from './wait.mjs'

/** The default name of an app of this platform. */
export const hostOf = name => `${name}.osc-fr1.scalingo.test`

/** A plan item of kind app. instances: Origins or "address:port", named web-1, web-2 …; `more`: members as they are. */
export function app (name, instances, { hosts = [], ...more } = {}) {
  return {
    kind: 'app',
    name,
    id: '5343eccd646173000a140000',
    status: 'running',
    hosts: [hostOf(name), ...hosts],
    default_host: hostOf(name),
    generation: 1,
    instances: instances.map((o, i) => ({ name: `web-${i + 1}`, id: `${name}-web-${i + 1}`, address: o.address ?? o })),
    ...more
  }
}

/**
 * A started edge with [listen] platform_http, with `https` platform_https too; other options as of Edge. What it has
 * besides: visit(host, target, options) is one request on a connection of its own, join(host, options) a connection.
 */
export async function platform (s, { https = false, config = {}, ...options } = {}) {
  const port = await freePort(); const securePort = https ? await freePort() : undefined
  const edge = await s.edge({
    ...options,
    config: {
      ...config,
      listen: { platform_http: `127.0.0.1:${port}`, platform_https: https ? `127.0.0.1:${securePort}` : undefined, ...config.listen },
      platform: { region: 'osc-fr1', suffix: 'scalingo.test', ...config.platform }
    }
  })
  edge.appPort = port
  edge.appSecurePort = securePort
  edge.join = (host, { secure, ...more } = {}) => Client.connect({
    port: secure ? securePort : port,
    host,
    ...more,
    ...(secure ? { secure: { ca: edge.authority(), ...secure } } : {})
  })
  edge.visit = async (host, target = '/', { method = 'GET', from, secure, headers, ...more } = {}) => {
    const c = await edge.join(host, { from, secure })
    try { return await c.request(method, target, { host, headers, ...more }) } finally { c.close() }
  }
  return edge
}
