// SPDX-License-Identifier: Apache-2.0
// The origin: an HTTP/1.1 server on raw sockets that does what its script says, well-behaved or not, and remembers
// what it was asked.
import net from 'node:net'
import tls from 'node:tls'
import { Wire, readRequest, readBody, writeHead } from './message.mjs'
import { freePort, sleep } from './wait.mjs'

/** What a script does with one request. Everything it writes goes out as it is. */
export class Reply {
  constructor (origin, wire, request) { Object.assign(this, { origin, wire, request, over: false }) }

  /** A whole answer. Content-Length is added unless the headers frame the body; headers: object or list of pairs. */
  async send (status, headers = {}, body = '') {
    const pairs = Array.isArray(headers) ? headers : Object.entries(headers).flatMap(([n, v]) => [].concat(v).map(x => [n, x]))
    const framed = pairs.some(([n]) => /^(content-length|transfer-encoding)$/i.test(n)) || status === 204 || status === 304 || status < 200
    const head = writeHead(`HTTP/1.1 ${status} ${REASONS[status] || 'Status'}`, framed ? pairs : [...pairs, ['Content-Length', Buffer.byteLength(body)]])
    await this.wire.send(this.request.method === 'HEAD' || status === 304 ? head : Buffer.concat([head, Buffer.from(body)]))
  }

  /** Bytes as they are; a string is latin1. */
  raw (data) { return this.wire.send(data) }
  /** 1xx before the answer. */
  interim (status, headers = {}) { return this.raw(writeHead(`HTTP/1.1 ${status} ${REASONS[status] || 'Interim'}`, headers)) }
  /** A chunked answer: head(), then chunk() as often as wanted, then end(). */
  head (status = 200, headers = {}) {
    return this.raw(writeHead(`HTTP/1.1 ${status} ${REASONS[status] || 'Status'}`, { 'Transfer-Encoding': 'chunked', ...headers }))
  }

  chunk (data) {
    const b = Buffer.from(data)
    return this.raw(Buffer.concat([Buffer.from(b.length.toString(16) + '\r\n'), b, Buffer.from('\r\n')]))
  }

  end (trailers = {}) { return this.raw(writeHead('0', trailers)) }
  /** Bytes `step` at a time, `every` milliseconds apart. */
  async slow (data, { step = 1, every = 10 } = {}) {
    const b = Buffer.from(data)
    for (let i = 0; i < b.length && !this.wire.closed; i += step) { await this.raw(b.subarray(i, i + step)); await sleep(every) }
  }

  /** Never answers; the connection stays open until the other side leaves. */
  hang () { this.over = true; return this.wire.rest().catch(() => {}) }
  /** Closes in order (FIN) after what was written. */
  close () { this.over = true; this.wire.socket.end() }
  /** Breaks the connection (RST). */
  reset () { this.over = true; this.wire.socket.resetAndDestroy() }
  /** The connection belongs to the script from now on (after a 101): a Wire with send(), take(), line(), rest(). */
  takeOver () { this.over = true; return this.wire }
}

const REASONS = { 100: 'Continue', 101: 'Switching Protocols', 103: 'Early Hints', 200: 'OK', 201: 'Created', 204: 'No Content', 206: 'Partial Content', 301: 'Moved Permanently', 302: 'Found', 304: 'Not Modified', 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found', 416: 'Range Not Satisfiable', 500: 'Internal Server Error', 502: 'Bad Gateway', 503: 'Service Unavailable' }

/**
 * script: a function (request, reply) for every request, or an object of path -> page, where a page is a body, an
 * object { status, headers, body }, or such a function. Requests whose body the script reads itself: { lazy: true }
 * (then `await request.read()`). host, port: where it listens, a free port of 127.0.0.1 by default.
 */
export class Origin {
  constructor (script = {}, { lazy = false, secure, host = '127.0.0.1', port } = {}) {
    this.script = script
    this.lazy = lazy
    this.host = host
    this.port = port
    this.secure = secure
    this.requests = [] // in order of arrival: method, target, path, headers, body, connection (from 1), at (ms)
    this.connections = 0 // ever opened
    this.wires = new Set() // open now
    this.errors = [] // what was malformed on the way here, and scripts that threw
  }

  /** Listens; again on the same port after stop(). */
  async start () {
    this.port ??= await freePort()
    const serve = socket => this.serve(socket)
    this.server = this.secure ? tls.createServer({ allowHalfOpen: true, ...this.secure }, serve) : net.createServer({ allowHalfOpen: true, noDelay: true }, serve)
    await new Promise((resolve, reject) => { this.server.once('error', reject); this.server.listen(this.port, this.host, resolve) })
    return this
  }

  get address () { return `${this.host}:${this.port}` }
  /** Connections open now. */
  get open () { return this.wires.size }
  /** Requests for a path (or all). */
  count (path) { return path === undefined ? this.requests.length : this.requests.filter(q => q.path === path).length }
  get last () { return this.requests.at(-1) }

  async serve (socket) {
    const wire = new Wire(socket); const connection = ++this.connections
    this.wires.add(wire)
    socket.on('close', () => this.wires.delete(wire))
    try {
      for (;;) {
        const q = await readRequest(wire, { head: this.lazy })
        if (!q) break
        Object.assign(q, { connection, at: Date.now(), wire })
        if (this.lazy) q.read = () => readBody(wire, q, 'a request body')
        this.requests.push(q)
        const reply = new Reply(this, wire, q)
        await this.answer(q, reply)
        if (reply.over) return
        if (q.version === '1.0' || (q.get('connection') || '').toLowerCase() === 'close') break
      }
    } catch (e) {
      if (!/connection broke|ECONNRESET|EPIPE|ERR_STREAM/.test(e.message + e.code)) this.errors.push(e)
      socket.destroy()
      return
    }
    socket.end()
  }

  async answer (q, reply) {
    const page = typeof this.script === 'function' ? this.script : this.script[q.path]
    if (typeof page === 'function') await page(q, reply)
    else if (page === undefined) await reply.send(404, { 'Content-Type': 'text/plain' }, 'the origin has no such page\n')
    else if (typeof page === 'string' || Buffer.isBuffer(page)) await reply.send(200, { 'Content-Type': 'text/plain' }, page)
    else await reply.send(page.status ?? 200, page.headers ?? {}, page.body ?? '')
  }

  /** Refuses connections from now on and breaks the open ones. */
  async stop () {
    const closed = this.server?.listening ? new Promise(resolve => this.server.close(resolve)) : null
    for (const w of this.wires) w.socket.destroy()
    await closed
  }
}
