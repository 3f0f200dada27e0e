// SPDX-License-Identifier: Apache-2.0
// DNS over UDP, either side. flood: `rate` questions a second for names that are not there, from `n` addresses, so that no cache helps.
// honest: resolvers that ask for names that are, twice again after 800 ms each without an answer, as resolvers do; each question is told
// to the parent like a page. Bounded in time.
import dgram from 'node:dgram'
import { query } from '../lib/dns.mjs'

const o = JSON.parse(process.argv[2]) // { port, host, net, n, rate | every, seconds, honest }
const socket = async address => { const s = dgram.createSocket('udp4'); s.on('error', () => {}); await new Promise(resolve => s.bind(0, address, resolve)); return s }
const sockets = []
for (let i = 0; i < o.n; i++) sockets.push(await socket(`127.${o.net}.${1 + (i >> 8)}.${1 + (i & 127)}`))

async function ask (s) {
  const began = Date.now(); const id = Math.floor(Math.random() * 65536)
  let answered = false
  const hear = m => { if (m.readUInt16BE(0) === id && (m[3] & 15) === 0 && m.readUInt16BE(6) > 0) answered = true }
  s.on('message', hear)
  for (let turn = 0; turn < 3 && !answered; turn++) {
    s.send(query(o.host, 'A', { id }), o.port, '127.0.0.1', () => {})
    for (const until = Date.now() + 800; Date.now() < until && !answered;) await new Promise(resolve => setTimeout(resolve, 4))
  }
  s.off('message', hear)
  if (process.connected) process.send({ at: began, ms: Date.now() - began, status: answered ? 200 : 0, ok: answered }, () => {})
}

if (o.honest) {
  sockets.forEach((s, i) => setTimeout(() => setInterval(ask, o.every, s), o.every * i / o.n))
} else {
  let sent = 0; let answers = 0
  for (const s of sockets) s.on('message', () => answers++)
  const began = Date.now(); const end = began + o.seconds * 1000
  const timer = setInterval(() => {
    const now = Date.now()
    if (now > end) { clearInterval(timer); process.send({ statuses: { answers }, sent }); setTimeout(() => process.exit(0), 200); return }
    const zone = o.host.split('.').slice(-2).join('.')
    for (const due = (now - began) / 1000 * o.rate; sent < due; sent++) sockets[sent % sockets.length].send(query(`x${Math.random().toString(36).slice(2)}.${zone}`, 'A'), o.port, '127.0.0.1', () => {})
  }, 5)
}
process.on('disconnect', () => process.exit(0))
