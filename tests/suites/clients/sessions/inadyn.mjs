// SPDX-License-Identifier: Apache-2.0
// inadyn: as api.cloudflare.com. It pads an HTTP/1.0 request with NUL bytes.
export default async function (step, world, skip) {
  if (!world.has('inadyn')) return skip('all', 'inadyn is not installed')
  const why = world.cannotPretend()
  if (why) return skip('all', why)
  const zone = await world.zone('inadyn.test')
  const update = (host, ip, ttl = 1, proxied = false) => {
    const conf = world.write(`inadyn-${host}-${ip}.conf`, `period = 300\nprovider cloudflare.com {\n    username = inadyn.test\n    password = ${world.token}\n    hostname = ${host}\n    ttl = ${ttl}\n    proxied = ${proxied}\n    checkip-command = "echo ${ip}"\n}\n`)
    return world.asCloudflare('inadyn', ['-1', '-n', '-C', '-f', conf, '--cache-dir', world.dir, '-l', 'debug', '-P', `${world.dir}/inadyn.pid`], { status: null, within: 30000 })
  }
  const now = () => world.records(zone.id, '&type=A')
  const becomes = async (r, want) => { const got = await now(); if (got.join() !== want) throw Object.assign(new Error(`${got.join()} instead of ${want}`), { output: r.out }) }

  await step('creates the record', async () => becomes(await update('home.inadyn.test', '203.0.113.7'), 'home.inadyn.test A 203.0.113.7'))
  await step('updates it', async () => becomes(await update('home.inadyn.test', '203.0.113.8', 300), 'home.inadyn.test A 203.0.113.8'))
}
