// SPDX-License-Identifier: Apache-2.0
// The scenario part by part; see run. Steps have the numbers of the scenario. What does not work yet is written down as such: a
// step that is told with `missing` counts as failed when it works after all, so that it cannot be forgotten here.
import fs from 'node:fs'
import path from 'node:path'
import { World, HERE } from './world.mjs'
import { hasPebble } from '../../lib/pebble.mjs'

let passed = 0; let failed = 0; let skipped = 0
const wanted = process.argv.slice(2)
const quick = process.env.SEAWALL_QUICK === '1'
const parts = fs.readdirSync(path.join(HERE, 'parts')).filter(f => f.endsWith('.mjs')).sort()

if (!hasPebble() || quick) {
  console.log(`SKIP ${quick ? 'takes too long for the quick run' : 'pebble is not installed'}\n0 passed, 0 failed, ${parts.length} skipped`)
  process.exit(0)
}

const tell = e => [e.message, ...(e.stack || '').split('\n').filter(l => /acceptance/.test(l)).slice(0, 3)].join('\n').split('\n').slice(0, 40).join('\n    ')

for (const file of parts) {
  const name = file.slice(0, -4)
  const part = await import(`./parts/${file}`)
  if (wanted.length && !wanted.includes(name)) continue
  const at = Date.now()
  const world = new World()
  Object.assign(world, part.options)
  let n = 0; let broken = false
  /** One step: fn throws or gives false when it went wrong. What stands on it is not tried when it did. */
  const step = async (what, fn, { alone = false } = {}) => {
    if (broken) { skipped++; console.log(`SKIP ${name}: ${what}\n    an earlier step failed`); return }
    try {
      if (await fn() === false) throw new Error('not what was expected')
      passed++; n++
    } catch (e) {
      failed++
      broken = !alone
      console.log(`FAIL ${name}: ${what}\n    ${tell(e)}`)
    }
  }
  /** A step that does not work yet, and why. */
  const missing = async (what, why, fn) => {
    if (broken) { skipped++; return }
    try {
      if (await fn() === false) throw new Error('no')
    } catch {
      skipped++
      console.log(`MISSING ${name}: ${what}\n    ${why}`)
      return
    }
    failed++
    console.log(`FAIL ${name}: ${what}\n    works now; write it as a step`)
  }
  try {
    await world.start()
    await part.default(step, world, missing)
  } catch (e) {
    failed++
    console.log(`FAIL ${name}\n    ${tell(e)}`)
  }
  try { await world.stop(); passed++ } catch (e) { failed++; console.log(`FAIL ${name}: the end\n    ${tell(e)}`) }
  if (process.env.ACCEPTANCE_OUTPUT) console.log(`--- edge\n${world.edge?.output}\n--- platform\n${world.platform?.output}\n--- pebble\n${world.pebble?.output}`)
  console.log(`part ${name}: ${n} steps, ${Date.now() - at} ms`)
}
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
process.exit(failed ? 1 : 0)
