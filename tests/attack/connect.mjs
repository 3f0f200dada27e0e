// SPDX-License-Identifier: Apache-2.0
// Connections that are opened and cost the other side something: `rate` a second from `n` addresses. idle: held, and nothing is
// said on them. hello: a ClientHello that was captured once, so that the edge makes keys and signs while this side does nothing;
// cut as soon as it has answered. Bounded in time and in how many are held.
import net from 'node:net'
import tls from 'node:tls'
import { PassThrough, Duplex } from 'node:stream'

const o = JSON.parse(process.argv[2]) // { port, host, net, n, rate, seconds, how, most }
const ends = {}
const count = what => { ends[what] = (ends[what] ?? 0) + 1 }

/** The first bytes that node's TLS client says to o.host. */
function clientHello () {
  return new Promise(resolve => {
    const out = new PassThrough()
    out.once('data', resolve)
    const wire = Duplex.from({ readable: new PassThrough(), writable: out })
    wire.on('error', () => {})
    tls.connect({ socket: wire, servername: o.host }).on('error', () => {})
  })
}

const hello = o.how === 'hello' ? await clientHello() : null
const held = new Set()
let sent = 0
const began = Date.now(); const end = began + o.seconds * 1000

function open (i) {
  const s = net.connect({ port: o.port, host: '127.0.0.1', localAddress: `127.${o.net}.${1 + (i >> 8)}.${i & 255}` })
  held.add(s)
  s.on('connect', () => { if (hello) s.write(hello) })
  s.on('data', () => { count('answered'); s.destroy() })
  s.on('error', () => {})
  s.on('close', () => { if (!hello) count('closed'); held.delete(s) })
}

const timer = setInterval(() => {
  const now = Date.now()
  if (now > end) {
    clearInterval(timer)
    process.send({ statuses: { ...ends, held: held.size }, sent })
    for (const s of held) s.destroy()
    setTimeout(() => process.exit(0), 500)
    return
  }
  for (const due = (now - began) / 1000 * o.rate; sent < due; sent++) if (held.size < o.most) open(sent % o.n)
}, 5)
process.on('disconnect', () => process.exit(0))
