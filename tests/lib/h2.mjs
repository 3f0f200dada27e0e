// SPDX-License-Identifier: Apache-2.0
// HTTP/2 as frames, for what a library would not send; and requests over one connection of node's own client.
import http2 from 'node:http2'
import { Wire } from './message.mjs'
import { inTime } from './wait.mjs'

export const T = { DATA: 0, HEADERS: 1, PRIORITY: 2, RST: 3, SETTINGS: 4, PING: 6, GOAWAY: 7, WINDOW: 8, CONTINUATION: 9 }
export const F = { END_STREAM: 1, ACK: 1, END_HEADERS: 4 }
export const CODE = { NO_ERROR: 0, PROTOCOL_ERROR: 1, FLOW_CONTROL_ERROR: 3, STREAM_CLOSED: 5, CANCEL: 8, ENHANCE_YOUR_CALM: 11 }
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export const u32 = n => { const b = Buffer.alloc(4); b.writeUInt32BE(n >>> 0); return b }
/** One frame. */
export function frame (type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}
/** A field, never indexed, without Huffman; name and value shorter than 127 bytes. */
export const literal = (name, value) => Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)])
const authority = host => Buffer.concat([Buffer.from([1, host.length]), Buffer.from(host)])
/** Header block of a request for / (indices of RFC 7541 appendix A). */
export const block = (host, method = 'GET') => Buffer.concat([Buffer.from([method === 'GET' ? 0x82 : 0x83, 0x87, 0x84]), authority(host)])

/** A connection that speaks frames. */
export class Frames {
  static async connect (edge, host = edge.host) {
    const client = await edge.connect({ secure: { ALPNProtocols: ['h2'] }, host })
    const f = new Frames()
    f.client = client
    f.host = host
    f.wire = new Wire(client.socket)
    f.seen = []
    client.socket.on('error', () => {})
    await f.send(PREFACE, frame(T.SETTINGS, 0, 0))
    return f
  }

  /** Writes frames; a connection that the other side has closed is no failure here. */
  async send (...frames) { try { await this.client.send(Buffer.concat(frames)) } catch { /* closed() tells */ } }
  request (stream, { method = 'GET', end = true } = {}) {
    return frame(T.HEADERS, F.END_HEADERS | (end ? F.END_STREAM : 0), stream, block(this.host, method))
  }

  async one () {
    const head = await this.wire.take(9)
    const payload = await this.wire.take(head.readUIntBE(0, 3))
    const f = { type: head[3], flags: head[4], stream: head.readUInt32BE(5) & 0x7fffffff, payload }
    this.seen.push(f)
    return f
  }

  /** Reads until a frame passes the test, or the connection ends: then null. */
  async until (test, within = 10000) {
    return inTime((async () => {
      for (;;) {
        let f
        try { f = await this.one() } catch { return null }
        if (test(f)) return f
      }
    })(), within, 'a frame')
  }

  /** The error code with which the connection ends. */
  async goaway () {
    const f = await this.until(f => f.type === T.GOAWAY)
    return f && f.payload.readUInt32BE(4)
  }

  /** Whether the other side still answers. */
  async alive () {
    await this.send(frame(T.PING, 0, 0, Buffer.from('are you?')))
    return !!await this.until(f => f.type === T.PING && f.flags === F.ACK)
  }

  close () { this.client.close() }
}

/** node's client on one connection. request(headers, body) gives { status, headers, body, trailers }. */
export function session (edge, { host = edge.host, ...options } = {}) {
  const s = http2.connect(`https://${host}:${edge.securePort}`, { ca: edge.authority(), servername: host, lookup: (_, o, done) => o?.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4), ...options })
  s.on('error', () => {})
  return {
    session: s,
    close: () => s.destroy(),
    request (headers, body) {
      return inTime(new Promise((resolve, reject) => {
        const stream = s.request({ ':authority': host, ...headers }, { endStream: body === undefined })
        const parts = []
        const r = { trailers: {} }
        stream.on('response', h => { r.headers = h; r.status = h[':status'] })
        stream.on('trailers', h => { r.trailers = h })
        stream.on('data', d => parts.push(d))
        stream.on('error', reject)
        stream.on('close', () => { r.code = stream.rstCode; r.body = Buffer.concat(parts); r.text = r.body.toString(); resolve(r) })
        if (body !== undefined) stream.end(body)
      }), 20000, `an answer to ${headers[':path']}`)
    },
    get (path) { return this.request({ ':path': path }) }
  }
}
