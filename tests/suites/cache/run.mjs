// SPDX-License-Identifier: Apache-2.0
// The public HTTP cache test vectors through an edge: the npm package always, a newer export when SEAWALL_CACHE_VECTORS
// names one (or it lies beside the repository). Each set counts as two tests: required and optimal answers.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { Edge, ROOT } from '../../lib/edge.mjs'
import { freePort } from '../../lib/wait.mjs'

const HERE = import.meta.url.replace(/^file:\/\//, '').replace(/\/[^/]*$/, '')
const KINDS = ['required', 'optimal']
const misses = JSON.parse(fs.readFileSync(path.join(HERE, 'misses.json')))
const policy = JSON.parse(fs.readFileSync(path.join(HERE, 'policy.json'))).cache
const newer = process.env.SEAWALL_CACHE_VECTORS || path.join(ROOT, '../shared/suites/cache/cache-tests.json')
const quick = process.env.SEAWALL_QUICK === '1'

const sets = [['npm package', path.join(ROOT, 'tests/node_modules/http-cache-tests')]]
if (fs.existsSync(newer)) sets.push(['newer export', newer])

let passed = 0; let failed = 0; let skipped = 0
for (const [name, vectors] of sets) {
  if (quick && name !== 'npm package') { console.log(`SKIP ${name}\n    not in the quick run`); skipped++; continue }
  const judged = passed + failed
  await play(name, vectors).catch(e => {
    // Before its verdicts both tests have failed; after them it is the edge that did not end well.
    for (const what of passed + failed > judged ? ['the edge ends well'] : KINDS) {
      failed++
      console.log(`FAIL ${name}: ${what}\n    ${e.stack.replace(/\n/g, '\n    ')}`)
    }
  })
}
console.log(`${passed} passed, ${failed} failed` + (skipped ? `, ${skipped} skipped` : ''))
process.exit(failed ? 1 : 0)

async function play (name, vectors) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-cache-'))
  const origin = `127.0.0.1:${await freePort()}`
  const edge = new Edge(dir, { hosts: { 'cache.test': { origins: [origin], always_online: true, cache: policy } } })
  try {
    await edge.start()
    const out = path.join(dir, 'results.json')
    const status = await vectorsThrough(edge, vectors, origin, out)
    if (!fs.existsSync(out)) throw new Error(`the runner ended with status ${status} and no results`)
    judge(name, JSON.parse(fs.readFileSync(out)))
    await edge.stop()
  } finally {
    if (edge.child) await edge.kill()
    fs.rmSync(dir, { recursive: true, force: true })
  }
}

function vectorsThrough (edge, vectors, origin, out) {
  const child = spawn(process.execPath, [path.join(HERE, 'cache_tests.mjs')], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, CT_TESTS: vectors, CT_BASE: `http://127.0.0.1:${edge.port}`, CT_HOST: edge.host, CT_ORIGIN: origin, CT_OUT: out }
  })
  return new Promise(resolve => child.once('close', resolve))
}

/** Every vector of a kind passes, but for those that misses.json lists with a reason; and those really do not. */
function judge (name, results) {
  const known = { ...misses.both, ...misses[name] }
  for (const kind of KINDS) {
    const all = Object.entries(results).filter(([, r]) => r.kind === kind)
    const bad = all.filter(([, r]) => r.verdict !== 'pass')
    const wrong = [
      ...bad.filter(([id]) => !known[id]).map(([id, r]) => `${r.verdict} ${id}: ${r.why ?? 'a test that it depends on'}`),
      ...all.filter(([id, r]) => r.verdict === 'pass' && known[id]).map(([id]) => `${id} passes: take it out of misses.json`)
    ]
    console.log(`${name}: ${all.length - bad.length} of ${all.length} ${kind} pass, ${bad.length} are known not to`)
    if (!wrong.length) { passed++; continue }
    failed++
    console.log(`FAIL ${name}: ${kind}`)
    for (const line of wrong.slice(0, 60)) console.log(`    ${line}`)
  }
}
