// SPDX-License-Identifier: Apache-2.0
// Time and ports for tests. Every wait has a bound; SEAWALL_SLOW stretches all of them (programs with sanitizers).
import net from 'node:net'

export const SLOW = Number(process.env.SEAWALL_SLOW || 1)

/** Milliseconds as a test states them, stretched for slow programs. */
export const ms = n => n * SLOW

export const sleep = n => new Promise(resolve => setTimeout(resolve, n))

/**
 * Waits until cond() gives something true and returns that; fails with `what` after `within` milliseconds.
 * An exception in cond counts as "not yet" and is told in the failure.
 */
export async function waitFor (cond, { within = 5000, every = 10, what = 'a condition' } = {}) {
  const end = Date.now() + ms(within)
  let last
  for (;;) {
    try {
      const got = await cond()
      if (got) return got
      last = undefined
    } catch (e) { last = e }
    if (Date.now() > end) throw new Error(`waited ${ms(within)} ms for ${what}${last ? `; last: ${last.message}` : ''}`)
    await sleep(every)
  }
}

/** The promise's value, or a failure that names `what` after `within` milliseconds. */
export async function inTime (promise, within, what) {
  let timer
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing after ${ms(within)} ms: ${what}`)), ms(within))
  })
  try { return await Promise.race([promise, late]) } finally { clearTimeout(timer) }
}

const given = new Set()
/** A TCP port of `address` that nothing listens on, below the range that outgoing connections use. */
export async function freePort (address = '127.0.0.1') {
  for (let i = 0; i < 200; i++) {
    const port = 10000 + Math.floor(Math.random() * 22000)
    if (given.has(port)) continue
    given.add(port)
    const free = await new Promise(resolve => {
      const s = net.createServer()
      s.once('error', () => resolve(false))
      s.listen({ port, host: address, exclusive: true }, () => s.close(() => resolve(true)))
    })
    if (free) return port
  }
  throw new Error('no free port found')
}
