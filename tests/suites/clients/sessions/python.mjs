// SPDX-License-Identifier: Apache-2.0
// Debian's python3-cloudflare: by its environment variable.
import path from 'node:path'
import { HERE } from '../world.mjs'

export default async function (step, world) {
  const zone = await world.zone('python.test')
  const { out } = await world.command('/usr/bin/python3', [path.join(HERE, 'python_session.py'), zone.name], {
    status: null, env: { CLOUDFLARE_API_URL: world.base, CLOUDFLARE_API_TOKEN: world.token }
  })
  const rows = out.split('\n').filter(l => /^(ok|not ok) /.test(l))
  await step('the session runs', () => { if (!/^end$/m.test(out)) throw new Error(out) })
  for (const row of rows) {
    await step(row.replace(/^(not )?ok /, '').split(' - ')[0], () => { if (row.startsWith('not ')) throw new Error(row) })
  }
}
