// SPDX-License-Identifier: Apache-2.0
// See run. Parts are functions (report) => promise; their programs are children of this one.
import { Pebble, hasPebble } from '../../lib/pebble.mjs'
import { latency } from './latency.mjs'
import { caddy } from './caddy.mjs'

let passed = 0; let failed = 0; let skipped = 0
const report = {
  /** One check: fn throws or gives false when it went wrong; a text that it gives is shown. */
  async check (what, fn) {
    try {
      const said = await fn()
      if (said === false) throw new Error('not what was expected')
      passed++
      console.log(`ok   ${what}${typeof said === 'string' ? `: ${said}` : ''}`)
    } catch (e) {
      failed++
      console.log(`FAIL ${what}\n    ${String(e.stack || e).split('\n').slice(0, 60).join('\n    ')}`)
    }
  },
  skip (what, why) { skipped++; console.log(`SKIP ${what}\n    ${why}`) }
}

const parts = { issue: caddy, latency: r => hasPebble() ? latency(r, Pebble) : r.skip('latency', 'pebble is not installed') }
for (const [name, part] of Object.entries(parts)) if (process.argv.length === 2 || process.argv.includes(name)) await part(report)
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
process.exit(failed ? 1 : 0)
