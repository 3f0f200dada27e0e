// SPDX-License-Identifier: Apache-2.0
// Connections that cost little and want to hold much: a byte of a head or of a body each two seconds, or answers that are not
// read. Each from an address of its own, opened within a second, opened again when the edge closes them. Bounded in time.
import net from 'node:net'

const o = JSON.parse(process.argv[2]) // { port, host, net, kind, n, seconds }
const statuses = {}
let opened = 0; let over = false
const get = `GET /big HTTP/1.1\r\nHost: ${o.host}\r\nX-Side: flood\r\n`

function open (i) {
  if (over) return
  opened++
  const s = net.connect({ port: o.port, host: '127.0.0.1', localAddress: `127.${o.net}.${1 + (i >> 8)}.${i & 255}` })
  let drip
  s.on('connect', () => {
    if (o.kind === 'slow-head') s.write(get)
    if (o.kind === 'slow-body') s.write(`POST /form HTTP/1.1\r\nHost: ${o.host}\r\nX-Side: flood\r\nContent-Length: 100000\r\n\r\n`)
    if (o.kind === 'slow-read') { s.pause(); for (let n = 0; n < 30; n++) s.write(get + '\r\n') }
    if (o.kind !== 'slow-read') drip = setInterval(() => s.write(o.kind === 'slow-head' ? 'X' : 'x'), 2000)
  })
  s.on('data', d => { const m = /HTTP\/1\.1 (\d{3})/.exec(d.toString('latin1')); if (m) statuses[m[1]] = (statuses[m[1]] ?? 0) + 1 })
  s.on('error', () => {})
  s.on('close', () => { clearInterval(drip); setTimeout(open, 500, i) })
}
for (let i = 0; i < o.n; i++) setTimeout(open, i, i)
setTimeout(() => { over = true; process.send({ statuses, sent: opened }); setTimeout(() => process.exit(0), 200) }, o.seconds * 1000)
process.on('disconnect', () => process.exit(0))
