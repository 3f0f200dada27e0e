// SPDX-License-Identifier: Apache-2.0
// The client: one connection, bytes as the test writes them, answers read strictly.
import net from 'node:net'
import tls from 'node:tls'
import { Wire, readResponse, readBody, chunks, writeHead } from './message.mjs'
import { inTime } from './wait.mjs'

const WITHIN = 10000

export class Client {
  constructor (socket, host) {
    this.socket = socket
    this.host = host
    this.wire = new Wire(socket)
    this.asked = [] // methods of requests whose answers have not been read
  }

  /** host: what Host says in requests made by get() and request(). from: a local address such as 127.0.0.9. */
  static async connect ({ port, address = '127.0.0.1', from, host, secure }) {
    const options = { port, host: address, localAddress: from, allowHalfOpen: true, noDelay: true }
    const socket = secure ? tls.connect({ ...options, servername: host, ...secure }) : net.connect(options)
    const c = new Client(socket, host)
    await inTime(new Promise((resolve, reject) => {
      socket.once(secure ? 'secureConnect' : 'connect', resolve)
      socket.once('error', reject)
    }), WITHIN, `connecting to ${address}:${port}`)
    return c
  }

  /** Writes bytes as they are; a string is latin1. */
  send (data) { return this.wire.send(data) }

  /** Writes bytes one by one (or `step` by `step`), `every` milliseconds apart. */
  async trickle (data, { step = 1, every = 1 } = {}) {
    const b = Buffer.from(data, 'latin1')
    for (let i = 0; i < b.length; i += step) {
      await this.send(b.subarray(i, i + step))
      await new Promise(resolve => setTimeout(resolve, every))
    }
  }

  /** Sends a request without waiting for its answer. chunked: body is a list of chunks. */
  async ask (method, target, { headers = {}, body, chunked = false, trailers = {}, version = '1.1', host = this.host } = {}) {
    const pairs = Array.isArray(headers) ? headers : Object.entries(headers).flatMap(([n, v]) => [].concat(v).map(x => [n, x]))
    const has = n => pairs.some(([m]) => m.toLowerCase() === n)
    const more = []
    if (!has('host') && host !== undefined) more.push(['Host', host])
    if (chunked) more.push(['Transfer-Encoding', 'chunked'])
    else if (body !== undefined && !has('content-length')) more.push(['Content-Length', Buffer.byteLength(body)])
    this.asked.push(method)
    await this.send(writeHead(`${method} ${target} HTTP/${version}`, [...more, ...pairs]))
    if (chunked) {
      for (const part of [].concat(body ?? [])) await this.send(Buffer.concat([Buffer.from(Buffer.byteLength(part).toString(16) + '\r\n'), Buffer.from(part), Buffer.from('\r\n')]))
      await this.send(writeHead('0', trailers))
    } else if (body !== undefined) await this.send(body)
  }

  /** The next answer, in order. method: of its request, when that was written with send(). */
  response ({ within = WITHIN, method = this.asked.shift(), head = false } = {}) {
    return inTime(readResponse(this.wire, { method, head }), within, 'an answer')
  }

  /** The body of a response that was read with { head: true }. */
  body (response, { within = WITHIN } = {}) { return inTime(readBody(this.wire, response, 'the body'), within, 'a body') }
  /** The chunks of such a body one by one: for await (const c of client.chunks()). */
  chunks () { return chunks(this.wire) }

  async request (method, target, options = {}) {
    await this.ask(method, target, options)
    return this.response(options)
  }

  get (target, options) { return this.request('GET', target, options) }

  /** Waits until the other side has closed and returns the bytes that came before it did; a reset is told as 'reset'. */
  async closed ({ within = WITHIN } = {}) {
    try { return (await inTime(this.wire.rest(), within, 'the end of the connection')).toString('latin1') } catch (e) {
      if (/ECONNRESET|EPIPE/.test(e.message)) return 'reset'
      throw e
    }
  }

  /** True while the connection is open and no unread byte is there. */
  get idle () { return !this.wire.ended && !this.wire.error && this.wire.parts.length === 0 }
  /** Stops reading, so that the other side's writes fill up; resume() goes on. */
  pause () { this.socket.pause() }
  resume () { this.socket.resume() }
  /** No more bytes from here (FIN); answers can still come. */
  finish () { this.socket.end() }
  /** Goes away without a word (RST). */
  reset () { this.socket.resetAndDestroy ? this.socket.resetAndDestroy() : this.socket.destroy() }
  close () { this.socket.destroy() }
}
