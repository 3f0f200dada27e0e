// SPDX-License-Identifier: Apache-2.0
// A scene: client, edge and origin on one page. What the scene opens is closed after it, also when it fails, and the
// edge must then end cleanly. tests/README.md shows one.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { Client } from './client.mjs'
import { Edge } from './edge.mjs'
import { Origin } from './origin.mjs'
import { SLOW } from './wait.mjs'

export { zone, running } from './edge.mjs'
export { waitFor, inTime, sleep, ms, freePort, SLOW } from './wait.mjs'
export { Malformed } from './message.mjs'
export const eq = assert.deepEqual
export const ok = assert.ok
export { assert }
/** True in ./test --quick: leave out what takes long. */
export const QUICK = process.env.SEAWALL_QUICK === '1'

class Scene {
  constructor () { this.undo = [] }

  /** A folder of its own, gone afterwards. */
  folder () {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-scene-'))
    this.undo.push(() => fs.rmSync(dir, { recursive: true, force: true }))
    return dir
  }

  /** A started origin; see Origin for scripts. */
  async origin (script, options) {
    const o = await new Origin(script, options).start()
    this.undo.push(async () => { await o.stop(); if (o.errors.length) throw o.errors[0] })
    return o
  }

  /** A started edge; see Edge for the options. start: false leaves the starting to the scene. */
  async edge (options = {}) {
    const e = new Edge(this.folder(), options)
    this.edges = [...this.edges || [], e]
    this.undo.push(() => e.stop())
    await e.prepare()
    if (options.start !== false) await e.start()
    return e
  }

  /** A connection to an edge (or origin: anything with a port). */
  async client (to, options = {}) {
    const c = await (to.connect?.(options) ?? Client.connect({ port: to.port, host: to.host ?? to.address, ...options }))
    this.undo.push(() => c.close())
    return c
  }

  async end () {
    const errors = []
    for (const f of this.undo.reverse()) { try { await f() } catch (e) { errors.push(e) } }
    return errors
  }
}

/**
 * Registers a test that plays a scene. options: as of node:test; timeout is stretched for slow programs; long: true leaves it out of the quick
 * run.
 */
export function scene (name, play, { long = false, ...options } = {}) {
  test(name, { timeout: 30000 * SLOW, skip: long && QUICK && 'in the full run only', ...options }, async t => {
    const s = new Scene()
    let failure
    try { await play(s, t) } catch (e) { failure = e }
    const errors = await s.end()
    if (failure) {
      for (const e of s.edges || []) if (e.output) t.diagnostic(`the edge said:\n${e.output.slice(-4000)}`)
      throw failure
    }
    if (errors.length) throw errors[0]
  })
}
