// SPDX-License-Identifier: Apache-2.0
// HTTP/2 by raw frames over TLS (h2_conf.py: 112 cases of RFC 9113 and RFC 7541) against an edge with a host behind it.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { execFile } from 'node:child_process'
import { Edge, ROOT } from '../../lib/edge.mjs'
import { Origin } from '../../lib/origin.mjs'

const HOST = 'www.h2.test'
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-h2-'))
const origin = new Origin((q, reply) => reply.send(200, { 'Content-Type': 'text/plain' }, 'hello'))
const edge = new Edge(dir, { https: true, zone: 'h2.test' })

const conformance = () => new Promise(resolve => {
  const env = { ...process.env, TLS: '1', VHOST: HOST, JOBS: '8' }
  execFile('/usr/bin/python3', [path.join(ROOT, 'tests/suites/h2/h2_conf.py'), '127.0.0.1', String(edge.securePort)], { env, timeout: 300000 },
    (error, stdout, stderr) => resolve({ error, said: stdout + stderr }))
})

let passed = 0; let failed = 0
const fail = what => { failed++; console.log(`FAIL ${what}`) }
try {
  await origin.start()
  edge.options.hosts = { [HOST]: origin }
  await edge.start()
  await edge.secured(HOST)
  const { error, said } = await conformance()
  const total = /^(?:PASS|FAIL) (\d+)\/(\d+) in (\d+) s$/m.exec(said)
  if (!total || Number(total[2]) < 100) fail(`h2_conf.py gave no total of at least 100 cases: ${error?.message ?? ''}\n    ${said.slice(-1000)}`)
  else {
    passed += Number(total[1])
    console.log(`     ${total[0]}`)
    for (const m of said.matchAll(/^ {2}not ok: (.*)$/gm)) fail(m[1])
    if (error && failed === 0) fail(`ended with ${error.code}`)
  }
} catch (e) {
  fail(`${e.stack}\n    ${edge.output.slice(-2000)}`)
} finally {
  await edge.stop().catch(e => fail(e.message))
  await origin.stop().catch(() => {}) // what it thinks of requests that were reset is not asked here
  fs.rmSync(dir, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
