// SPDX-License-Identifier: Apache-2.0
// Bytes from a socket, and a strict HTTP/1.1 reader on top (RFC 9112): what is ambiguous or malformed is an error
// that says where. Tests rely on it to notice answers that a lenient client would repair.

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

export class Malformed extends Error {}

/** A socket's bytes in order, with reads that wait. */
export class Wire {
  constructor (socket) {
    this.socket = socket
    this.parts = Buffer.alloc(0)
    this.ended = false // the other side sent FIN
    this.error = null // or the connection broke
    this.closed = false
    this.total = 0
    this.waiting = []
    const wake = () => { for (const w of this.waiting.splice(0)) w() }
    socket.on('data', d => { this.parts = Buffer.concat([this.parts, d]); this.total += d.length; wake() })
    socket.on('end', () => { this.ended = true; wake() })
    socket.on('error', e => { this.error = e; wake() })
    socket.on('close', () => { this.closed = true; this.ended = true; wake() })
  }

  more () { return new Promise(resolve => this.waiting.push(resolve)) }

  /** Writes bytes (a string is latin1); resolves when the kernel has them all. */
  send (data) {
    return new Promise((resolve, reject) => {
      this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data, e => e ? reject(e) : resolve())
    })
  }

  async need (n, what) {
    while (this.parts.length < n) {
      if (this.error) throw new Error(`connection broke (${this.error.code}) in ${what}`)
      if (this.ended) throw new Malformed(`connection ended in ${what} after ${this.parts.length} of ${n} bytes`)
      await this.more()
    }
  }

  async take (n, what = 'bytes') {
    await this.need(n, what)
    const got = this.parts.subarray(0, n)
    this.parts = this.parts.subarray(n)
    return got
  }

  /** One line without its CR LF; a bare LF or CR is malformed. */
  async line (what, max = 262144) {
    for (let seen = 0; ;) {
      const at = this.parts.indexOf(10, seen)
      if (at >= 0) {
        const text = (await this.take(at + 1)).toString('latin1')
        if (text[at - 1] !== '\r') throw new Malformed(`bare LF in ${what}: ${JSON.stringify(text)}`)
        if (text.slice(0, -2).includes('\r')) throw new Malformed(`bare CR in ${what}: ${JSON.stringify(text)}`)
        return text.slice(0, -2)
      }
      seen = this.parts.length
      if (seen > max) throw new Malformed(`${what} longer than ${max} bytes`)
      await this.need(seen + 1, what)
    }
  }

  /** Everything up to the end of the connection. */
  async rest () {
    while (!this.ended && !this.error) await this.more()
    if (this.error) throw new Error(`connection broke (${this.error.code})`)
    return this.take(this.parts.length)
  }

  /** Whether a byte is there or comes before the end. */
  async any () {
    while (!this.parts.length && !this.ended && !this.error) await this.more()
    return this.parts.length > 0
  }
}

/** Header fields in the order and spelling of the wire. */
export class Fields {
  constructor (list = []) { this.list = list }
  /** The only value of a field, undefined without one; more than one is an error. */
  get (name) {
    const all = this.all(name)
    if (all.length > 1) throw new Malformed(`${all.length} ${name} fields: ${all.join(' | ')}`)
    return all[0]
  }

  all (name) { return this.list.filter(([n]) => n.toLowerCase() === name.toLowerCase()).map(([, v]) => v) }
  has (name) { return this.all(name).length > 0 }
  names () { return this.list.map(([n]) => n) }
}

async function fields (wire, what) {
  const list = []
  for (;;) {
    const line = await wire.line(what)
    if (line === '') return new Fields(list)
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)); const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')
    if (/^[ \t]/.test(line)) throw new Malformed(`folded line in ${what}: ${JSON.stringify(line)}`)
    if (!TOKEN.test(name)) throw new Malformed(`bad field name in ${what}: ${JSON.stringify(line)}`)
    if (!VALUE.test(value)) throw new Malformed(`bad field value in ${what}: ${JSON.stringify(line)}`)
    list.push([name, value])
  }
}

function lengthOf (headers, what) {
  const te = headers.all('transfer-encoding'); const cl = headers.all('content-length')
  if (te.length > 1 || (te.length && te[0].toLowerCase() !== 'chunked')) throw new Malformed(`Transfer-Encoding ${te.join(' | ')} in ${what}`)
  if (te.length && cl.length) throw new Malformed(`Transfer-Encoding and Content-Length in ${what}`)
  if (cl.length > 1 || (cl.length && !/^\d{1,15}$/.test(cl[0]))) throw new Malformed(`Content-Length ${cl.join(' | ')} in ${what}`)
  return te.length ? 'chunked' : cl.length ? Number(cl[0]) : undefined
}

/** The chunks of a body one by one; the last value returned (not yielded) is the trailer section. */
export async function * chunks (wire, what = 'a chunked body') {
  for (;;) {
    const line = await wire.line(`a chunk size of ${what}`)
    const m = /^([0-9a-fA-F]{1,15})((?:[ \t]*;[^\r\n]*)?)$/.exec(line)
    if (!m) throw new Malformed(`bad chunk size ${JSON.stringify(line)}`)
    const n = parseInt(m[1], 16)
    if (n === 0) return fields(wire, 'a trailer section')
    const data = await wire.take(n, what)
    if ((await wire.take(2, what)).toString('latin1') !== '\r\n') throw new Malformed('a chunk does not end with CR LF')
    yield data
  }
}

class Message {
  get (name) { return this.headers.get(name) }
  all (name) { return this.headers.all(name) }
  has (name) { return this.headers.has(name) }
  get text () { return this.body.toString() }
  get json () { return JSON.parse(this.body) }
}

/** Reads the body that `framing` announces into m.body, m.chunks (their sizes) and m.trailers. */
export async function readBody (wire, m, what) {
  m.body = Buffer.alloc(0); m.chunks = []; m.trailers = new Fields()
  if (m.framing === 'chunked') {
    const parts = []; const it = chunks(wire, what)
    for (;;) {
      const { value, done } = await it.next()
      if (done) { m.trailers = value; break }
      parts.push(value); m.chunks.push(value.length)
    }
    m.body = Buffer.concat(parts)
  } else if (m.framing === 'close') m.body = Buffer.from(await wire.rest())
  else if (m.framing) m.body = Buffer.from(await wire.take(m.framing, what))
  return m
}

/**
 * A response. framing: a number of bytes, 'chunked', 'close', or 0 for none.
 * method: of the request, since HEAD and CONNECT change what follows. With { head: true } the body stays on the wire.
 * interim: 1xx responses before it, each { status, headers }.
 */
export async function readResponse (wire, { method = 'GET', head = false } = {}) {
  const interim = []
  for (;;) {
    const line = await wire.line('a status line')
    const m = /^HTTP\/1\.([01]) ([1-9]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/.exec(line)
    if (!m) throw new Malformed(`bad status line ${JSON.stringify(line)}`)
    const headers = await fields(wire, 'a response head'); const status = Number(m[2])
    const length = lengthOf(headers, `a ${status} response`)
    if (status < 200 && status !== 101) {
      if (length !== undefined) throw new Malformed(`a ${status} response announces a body`)
      interim.push({ status, headers })
      continue
    }
    const r = Object.assign(new Message(), { version: `1.${m[1]}`, status, reason: m[3], headers, interim })
    const tunnel = status === 101 || (method === 'CONNECT' && status < 300)
    if ((tunnel || status === 204) && length !== undefined) throw new Malformed(`a ${status} response announces a body`)
    r.framing = method === 'HEAD' || tunnel || status === 204 || status === 304 ? 0 : length === undefined ? 'close' : length
    return head ? r : readBody(wire, r, `the body of a ${status} response`)
  }
}

/** A request; null when the connection ends before its first byte. With { head: true } the body stays on the wire. */
export async function readRequest (wire, { head = false } = {}) {
  if (!await wire.any()) return null
  const line = await wire.line('a request line')
  const m = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])$/.exec(line)
  if (!m) throw new Malformed(`bad request line ${JSON.stringify(line)}`)
  const headers = await fields(wire, 'a request head')
  const q = Object.assign(new Message(), { method: m[1], target: m[2], version: `1.${m[3]}`, headers })
  q.path = q.target.replace(/\?.*/s, '')
  q.framing = lengthOf(headers, 'a request') ?? 0
  return head ? q : readBody(wire, q, 'a request body')
}

/** A head as bytes: first line, then fields from an object (arrays give one field each) or a list of pairs. */
export function writeHead (first, headers = {}) {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers).flatMap(([n, v]) => [].concat(v).map(x => [n, x]))
  return Buffer.from(first + '\r\n' + pairs.filter(([, v]) => v !== undefined).map(([n, v]) => `${n}: ${v}\r\n`).join('') + '\r\n', 'latin1')
}
