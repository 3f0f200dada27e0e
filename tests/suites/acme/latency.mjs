// SPDX-License-Identifier: Apache-2.0
// From the creation of a proxied record by the API to the first handshake that verifies against the authority's root.
import fs from 'node:fs'
import { freePort, inTime, ms, SLOW } from '../../lib/wait.mjs'
import { folder, node, record, verified, zone } from './node.mjs'

const NAMES = process.env.SEAWALL_QUICK === '1' ? 10 : 40
const P95_MS = 2000 * SLOW

const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * p) - 1)]

export async function latency (report, Pebble) {
  for (const challenge of ['dns', 'http', 'tls-alpn']) {
    await report.check(`${NAMES} names by ${challenge}, one after the other`, () => measure(Pebble, challenge, 1))
  }
  await report.check(`${NAMES} names by dns, eight at a time`, () => measure(Pebble, 'dns', 8, false))
}

async function measure (Pebble, challenge, atOnce, bounded = true) {
  const dir = folder('latency')
  const [dns, http, https] = [await freePort(), await freePort(), await freePort()]
  const pebble = new Pebble(folder('pebble'), { dns: `127.0.0.1:${dns}`, http, tls: https })
  let edge
  try {
    await pebble.start()
    const ca = await pebble.root()
    edge = await node(dir, {
      acme: { directory: pebble.directory, ca_file: pebble.caFile, challenge },
      listen: { http: `127.0.0.1:${http}`, https: `127.0.0.1:${https}`, dns: `127.0.0.1:${dns}` },
      limits: { acme_weekly_max: 1000 }
    })
    // Half of the names are the first one of their zone, half are deeper names of one zone: each needs a certificate of its own.
    const one = await zone(edge, 'deep.test'); const times = []; const work = []
    for (let i = 0; i < NAMES; i++) work.push(i % 2 ? [one, `n${i}.deeper`, `n${i}.deeper.deep.test`] : [await zone(edge, `z${i}.test`), 'www', `www.z${i}.test`])
    const take = async () => {
      for (let job; (job = work.shift());) {
        const at = performance.now()
        await record(edge, job[0], job[1])
        await inTime((async () => { while (!await verified(https, job[2], ca)) await new Promise(resolve => setTimeout(resolve, 5)) })(), 20000, `a certificate for ${job[2]}\n${edge.output.slice(-2000)}`)
        times.push(performance.now() - at)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, take))
    times.sort((a, b) => a - b)
    const [p50, p95, most] = [percentile(times, 0.5), percentile(times, 0.95), times.at(-1)].map(Math.round)
    const text = `p50 ${p50} ms, p95 ${p95} ms, most ${most} ms of ${times.length}`
    if (bounded && p95 > P95_MS) throw new Error(`${text}: more than ${ms(2000)} ms`)
    await edge.stop()
    const { status } = edge.exit
    if (status !== 0) throw new Error(`the node ended with ${status}\n${edge.output.slice(-2000)}`)
    edge = null
    return text
  } finally {
    if (edge) await edge.kill().catch(() => {})
    await pebble.stop()
    for (const d of [dir, pebble.dir]) fs.rmSync(d, { recursive: true, force: true })
  }
}
