// SPDX-License-Identifier: Apache-2.0
// The strict reader refuses what a lenient client repairs, and reads what is right.
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { Wire, readResponse, readRequest, Malformed } from '../lib/message.mjs'

/** A wire that holds these bytes and then ends; `step` bytes come at a time. */
function wireOf (text, step = text.length || 1) {
  const socket = new EventEmitter()
  const wire = new Wire(socket)
  const bytes = Buffer.from(text, 'latin1')
  setImmediate(async () => {
    for (let i = 0; i < bytes.length; i += step) {
      socket.emit('data', bytes.subarray(i, i + step))
      await new Promise(resolve => setImmediate(resolve))
    }
    socket.emit('end')
  })
  return wire
}

const good = {
  'a length': ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
  chunks: ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n', 'hello0123456789'],
  'the end of the connection': ['HTTP/1.0 200 OK\r\n\r\nhello', 'hello'],
  'an empty reason': ['HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n', ''],
  'an interim answer before': ['HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx', 'x'],
  'no body of a 304': ['HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n', '']
}
for (const [name, [bytes, body]] of Object.entries(good)) {
  for (const step of [1, 1000]) {
    test(`reads ${name}, ${step} byte${step > 1 ? 's' : ''} at a time`, async () => {
      const wire = wireOf(bytes, step)
      const r = await readResponse(wire)
      assert.equal(r.text, body)
      assert.equal((await wire.rest()).length, 0, 'nothing is left on the wire')
    })
  }
}

const bad = {
  'a bare LF': 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n',
  'no reason and no space': 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n',
  'a folded line': 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n',
  'a space before the colon': 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n',
  'length and chunks': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a signed length': 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx',
  'a body cut short': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell',
  'chunks without an end': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  'a chunk longer than it says': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n',
  'a chunk size that is no number': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n',
  'a length on 204': 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n',
  'an unknown version': 'HTTP/2.0 200 OK\r\n\r\n',
  'a NUL in a value': 'HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n'
}
for (const [name, bytes] of Object.entries(bad)) {
  test(`refuses ${name}`, () => assert.rejects(readResponse(wireOf(bytes)), Malformed))
}

test('two fields of one name are told apart', async () => {
  const r = await readResponse(wireOf('HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 0\r\n\r\n'))
  assert.deepEqual(r.all('Set-Cookie'), ['a', 'b'])
  assert.throws(() => r.get('Set-Cookie'), Malformed)
})

test('trailers and chunk sizes are kept', async () => {
  const r = await readResponse(wireOf('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nSum: 3\r\n\r\n'))
  assert.deepEqual([r.chunks, r.trailers.get('sum')], [[2, 1], '3'])
})

test('a request with a body, then the end', async () => {
  const wire = wireOf('POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi')
  const q = await readRequest(wire)
  assert.deepEqual([q.method, q.path, q.text], ['POST', '/a', 'hi'])
  assert.equal(await readRequest(wire), null)
})
