// SPDX-License-Identifier: Apache-2.0
// A client that takes no byte is let go after send_idle_ms, whoever holds the bytes that wait for it.
import net from 'node:net'
import { scene, ok, sleep, waitFor, ms } from '../lib/scene.mjs'

const BIG = Buffer.alloc(40e6, 'seawall ')
const config = { limits: { send_idle_ms: String(ms(1000)) } }

/** Asks and reads nothing; gives the bytes that come once it reads, at the end of the connection. */
async function stall (s, edge, target, { for: pause }) {
  const c = net.connect(edge.port, '127.0.0.1')
  let got = 0; let over = false
  s.undo.push(() => c.destroy())
  c.pause()
  c.on('data', d => { got += d.length })
  c.on('error', () => {})
  c.on('close', () => { over = true })
  c.write(`GET ${target} HTTP/1.1\r\nHost: www.test\r\n\r\n`)
  c.pause()
  await sleep(pause)
  c.resume()
  await waitFor(() => over || got > BIG.length, { what: 'the rest', within: 10000 })
  return got
}

for (const [what, target, first] of [['an object in memory', '/big.bin', true], ['an answer that passes through', '/pass', false]]) {
  scene(`${what}: a client that does not read is let go`, async s => {
    const app = await s.origin({
      '/big.bin': { headers: { 'Cache-Control': 'public, max-age=600' }, body: BIG },
      '/pass': { headers: { 'Cache-Control': 'no-store' }, body: BIG }
    })
    const edge = await s.edge({ hosts: { 'www.test': [app] }, config })
    if (first) ok(await stall(s, edge, target, { for: 0 }) > BIG.length)
    const got = await stall(s, edge, target, { for: ms(3500) })
    ok(got < BIG.length, 'all of it came')
    ok(await stall(s, edge, target, { for: ms(300) }) > BIG.length, 'a short pause is fine')
  })
}
