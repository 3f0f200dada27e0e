// SPDX-License-Identifier: Apache-2.0
// A flood: `rate` requests a second, open loop, on `n` connections that are kept, each from an address of its own unless `addresses` says
// fewer. Bounded in time;
// ends with its parent. Options are one JSON object.
import net from 'node:net'

const o = JSON.parse(process.argv[2]) // { port, host, n, rate, seconds, headers, paths, method, bust }
const statuses = {}
const end = Date.now() + o.seconds * 1000
const head = Object.entries(o.headers).map(([k, v]) => `${k}: ${v}\r\n`).join('')
const clients = Array.from({ length: o.n }, (_, c) => c % (o.addresses ?? o.n)).map(i => ({ address: `127.${o.net}.${1 + (i >> 8)}.${i & 255}`, socket: null, waiting: 0 }))

function connect (c) {
  const s = c.socket = net.connect({ port: o.port, host: '127.0.0.1', localAddress: c.address })
  s.setNoDelay(true)
  s.on('data', d => {
    for (const m of d.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3})/g)) { statuses[m[1]] = (statuses[m[1]] ?? 0) + 1; c.waiting-- }
  })
  s.on('error', () => {})
  s.on('close', () => { if (c.socket === s) { c.socket = null; c.waiting = 0 } })
}

let sent = 0; let at = 0
const began = Date.now()
const timer = setInterval(() => {
  const now = Date.now()
  if (now > end) { clearInterval(timer); process.send({ statuses, sent }); setTimeout(() => process.exit(0), 200); return }
  for (const due = (now - began) / 1000 * o.rate; sent < due; sent++) {
    const c = clients[at++ % clients.length]
    if (!c.socket) connect(c)
    if (c.waiting > 50) continue // who is not answered does not queue for ever
    c.waiting++
    const path = o.paths[sent % o.paths.length] + (o.bust ? `?${Math.random()}` : '')
    c.socket.write(`${o.method ?? 'GET'} ${path} HTTP/1.1\r\nHost: ${o.host}\r\n${head}\r\n`)
  }
}, 5)
process.on('disconnect', () => process.exit(0))
