// SPDX-License-Identifier: Apache-2.0
// An origin with a capacity: answers `rate` requests a second, one after the other. Tells its parent what came: how many
// of the flood (header X-Side: flood) and of others in each quarter of a second.
import http from 'node:http'

const rate = Number(process.argv[2])
let free = 0
const seen = new Map()
const server = http.createServer((q, r) => {
  const now = Date.now()
  const slot = Math.floor(now / 250) * 250
  const s = seen.get(slot) ?? seen.set(slot, { flood: 0, other: 0 }).get(slot)
  if (q.headers['x-side'] === 'flood') s.flood++; else s.other++
  free = Math.max(now, free) + 1000 / rate
  const status = q.method === 'POST' && q.headers['x-password'] !== 'right' ? 401 : 200
  setTimeout(() => {
    r.writeHead(status, { 'Content-Type': 'text/html', 'Cache-Control': q.url.startsWith('/static/') ? 'max-age=600' : 'no-store' })
    r.end('<p>page')
  }, free - now)
})
server.keepAliveTimeout = 60000
server.listen(0, '127.0.0.1', 4096, () => process.send({ port: server.address().port }))
process.on('message', m => { if (m === 'seen') process.send({ seen: [...seen].sort((a, b) => a[0] - b[0]) }) })
process.on('disconnect', () => process.exit(0))
