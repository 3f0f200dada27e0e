// SPDX-License-Identifier: Apache-2.0
// The app of the scenario: an instance that tells its name and what it was asked, and misbehaves on request.
import http from 'node:http'
import crypto from 'node:crypto'

const name = process.env.CONTAINER || 'nobody'
let count = 0
let mood = ''

const server = http.createServer((q, a) => {
  const url = new URL(q.url, 'http://x')
  if (url.pathname === '/mood') { if (url.searchParams.get('who') === name) mood = url.searchParams.get('is') || ''; a.end(`${name} ${mood}\n`); return }
  if (url.pathname === '/count') { a.end(JSON.stringify({ name, count })); return }
  count++
  if (mood === 'cut') { q.socket.destroy(); return }
  if (mood === 'hang' || url.pathname === '/hang') return
  if (url.pathname === '/static/logo.css') { a.writeHead(200, { 'Content-Type': 'text/css', 'Cache-Control': 'public, max-age=300' }); a.end(`/* ${name} */\n`); return }
  if (url.pathname.startsWith('/.well-known/')) { a.writeHead(404); a.end(`${name} knows nothing\n`); return }
  if (url.pathname === '/hsts') a.setHeader('Strict-Transport-Security', 'max-age=7')
  if (url.pathname === '/slow') { setTimeout(() => a.end(`${name}\n`), Number(url.searchParams.get('ms') || 100)); return }
  if (url.pathname === '/stream') {
    let n = Number(url.searchParams.get('n') || 3)
    const every = Number(url.searchParams.get('ms') || 50)
    a.writeHead(200, { 'Content-Type': 'text/event-stream' })
    a.flushHeaders()
    const timer = setInterval(() => { a.write('data: x\n\n'); if (--n <= 0) { clearInterval(timer); if (url.searchParams.get('then') !== 'silence') a.end() } }, every)
    return
  }
  if (q.method === 'POST') { let n = 0; q.on('data', d => { n += d.length }); q.on('end', () => a.end(`${n}\n`)); return }
  a.setHeader('Content-Type', 'application/json')
  a.end(JSON.stringify({ name, path: q.url, headers: q.headers }))
})
server.on('upgrade', (q, socket) => {
  const accept = crypto.createHash('sha1').update(q.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
  socket.on('data', d => socket.write(Buffer.from([0x81, d.length - 6, ...d.subarray(6).map((b, i) => b ^ d[2 + i % 4])])))
  socket.on('error', () => {})
})
server.keepAliveTimeout = 75000
server.listen(process.env.PORT, '127.0.0.1', () => console.log(`${name} listens`))
// Requests under way end; then so do we.
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections?.() })
