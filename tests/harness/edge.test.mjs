// SPDX-License-Identifier: Apache-2.0
// The edge actor over a stand-in program: what it starts, waits for, reads and refuses to overlook.
import path from 'node:path'
process.env.SEAWALL_BIN = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), 'stand_in')
const { scene, eq, ok, assert, zone, running, waitFor } = await import('../lib/scene.mjs')

scene('a request passes the edge and is logged', async s => {
  const app = await s.origin({ '/': 'hello' })
  const edge = await s.edge({ hosts: { 'www.test': [app] } })
  const r = await edge.get('/')
  eq([r.status, r.text, app.count('/')], [200, 'hello', 1])
  eq((await edge.logged({ path: '/' })).status, 200)
})

scene('the plan can change', async s => {
  const app = await s.origin({ '/': 'hello' })
  const edge = await s.edge({ hosts: { 'www.test': [app] } })
  eq((await edge.get('/', { host: 'more.test' })).status, 404)
  const item = edge.plan(zone('more', { 'more.test': { origins: [app] } }))
  eq((await edge.get('/', { host: 'more.test' })).status, 200)
  edge.unplan(item)
  eq((await edge.get('/', { host: 'more.test' })).status, 404)
})

scene('an edge that dies at once is told with its output', async s => {
  const edge = await s.edge({ start: false, env: { STAND_IN: 'die' }, trouble: true })
  await assert.rejects(edge.start(), /ended at once.*"status":3.*no reason/s)
})

scene('a complaint of a sanitizer fails the scene', async s => {
  const edge = await s.edge({ hosts: {}, env: { STAND_IN: 'complain' } })
  await assert.rejects(edge.stop(), /complained/)
})

scene('a process left behind fails the scene and is ended', async s => {
  const edge = await s.edge({ hosts: {}, env: { STAND_IN: 'leave' } })
  const family = edge.processes()
  ok(family.length >= 2)
  await assert.rejects(edge.stop(), /processes left/)
})

scene('a killed edge leaves nothing', async s => {
  const edge = await s.edge({ hosts: {}, env: { STAND_IN: 'leave' } })
  const family = edge.processes()
  await edge.kill()
  await waitFor(() => !family.some(running), { what: 'the family to end' })
})
