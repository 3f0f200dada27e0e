// SPDX-License-Identifier: Apache-2.0
// Control is killed again and again while changes come: every change that was answered with success is there afterwards.
import fs from 'node:fs'
import { scene, eq, ok, waitFor, QUICK } from '../lib/scene.mjs'

const WRITES = QUICK ? 60 : 1000
const controlPid = edge => edge.processes().find(pid => {
  try { return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'seawall-control' } catch { return false }
})

scene(`kill -9 of control during ${WRITES} writes loses nothing that was acknowledged`, async s => {
  // A sanitizer has nothing to say about SIGKILL; the restarts are as fast as they can be.
  const edge = await s.edge({ api: true, config: { limits: { restart_ms_max: 10 } } })
  const acknowledged = new Set()
  let kills = 0
  let writing = true

  const killer = (async () => {
    while (writing) {
      const before = acknowledged.size
      await waitFor(() => !writing || acknowledged.size >= before + 3 + (kills * 7) % 11, { within: 60000, every: 1, what: 'some more writes' })
      const pid = writing && controlPid(edge)
      if (pid) { process.kill(pid, 'SIGKILL'); kills++ }
    }
  })()
  for (let i = 0; i < WRITES; i++) {
    const name = `z${i}.kill.test`
    const r = await waitFor(async () => {
      try { return await edge.call('POST', '/zones', { name }) } catch { return null } // nobody there, or cut off
    }, { within: 30000, every: 5, what: 'control to answer' })
    if (r.status === 400 && r.errors[0].code === 1061) continue // it was stored, only the answer was lost
    eq([name, r.status, r.errors], [name, 200, []])
    acknowledged.add(name)
  }
  writing = false
  await killer
  ok(kills >= WRITES / 20, `${kills} kills`)

  const there = new Set()
  for (let page = 1; ; page++) {
    const r = await waitFor(async () => { try { return await edge.call('GET', `/zones?per_page=1000&page=${page}`) } catch { return null } }, { within: 30000, every: 20, what: 'the list' })
    if (r.result.length === 0) break
    for (const z of r.result) there.add(z.name)
  }
  eq([...acknowledged].filter(name => !there.has(name)), [], 'acknowledged, and lost')
  eq(there.size, WRITES)
  // What is stored is what is wanted live, after all those starts; and the firewall's own rules for known breaches.
  await waitFor(async () => new RegExp(`^seawall_plan_items ${WRITES + 1}$`, 'm').test((await edge.call('GET', '/metrics')).text), { within: 10000, what: 'the plan of every zone' })
}, { timeout: 400000 })
