// SPDX-License-Identifier: Apache-2.0
// Clients of Cloudflare's API that others wrote, unmodified, each with a session against one running node. Those that can be
// told a base URL get the API's; the others believe that they talk to api.cloudflare.com (world.mjs).
import fs from 'node:fs'
import path from 'node:path'
import { World, HERE } from './world.mjs'

// In the quick run those that take little time.
const wanted = process.argv.length > 2 ? process.argv.slice(2) : process.env.SEAWALL_QUICK === '1' ? ['ddclient', 'inadyn', 'python', 'scalingo', 'sdk'] : []
const files = fs.readdirSync(path.join(HERE, 'sessions')).filter(f => f.endsWith('.mjs')).sort()
let passed = 0; let failed = 0; let skipped = 0

const world = new World()
try {
  await world.start()
  for (const file of files) {
    const name = file.slice(0, -4)
    if (wanted.length && !wanted.includes(name)) continue
    const at = Date.now(); let n = 0
    /** One step of a session: fn throws or gives false when it went wrong. */
    const step = async (what, fn) => {
      try {
        if (await fn() === false) throw new Error('not what was expected')
        passed++; n++
      } catch (e) {
        failed++
        console.log(`FAIL ${name}: ${what}\n    ${describe(e).split('\n').slice(0, 40).join('\n    ')}`)
      }
    }
    const skip = (what, why) => { skipped++; console.log(`SKIP ${name}: ${what}\n    ${why}`) }
    try {
      await (await import(`./sessions/${file}`)).default(step, world, skip)
    } catch (e) {
      failed++
      console.log(`FAIL ${name}\n    ${describe(e)}`)
    }
    console.log(`${name}: ${n} steps, ${Date.now() - at} ms`)
  }
  await world.check()
  passed++
} catch (e) {
  failed++
  console.log(`FAIL the node\n    ${describe(e)}`)
} finally {
  await world.stop()
}
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
process.exit(failed ? 1 : 0)

function describe (e) {
  return [e.message, e.status && `status ${e.status}`, e.errors && JSON.stringify(e.errors), e.output].filter(Boolean).join('\n')
}
