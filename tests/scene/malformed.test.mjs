// SPDX-License-Identifier: Apache-2.0
// The table of malformed requests (tests/malformed/requests.txt) on the wire of a live edge: what must be refused is
// refused with that status, the connection ends, and no origin ever hears of it; what is fine gets its answers.
import fs from 'node:fs'
import path from 'node:path'
import net from 'node:net'
import { scene, eq, ok, sleep } from '../lib/scene.mjs'
import { ROOT } from '../lib/edge.mjs'

const bytes = text => Buffer.from(text.replace(/\\(r|n|t|\\|"|x[0-9a-fA-F]{2})/g, (_, c) => ({ r: '\r', n: '\n', t: '\t', '\\': '\\', '"': '"' })[c] ?? String.fromCharCode(parseInt(c.slice(1), 16))), 'latin1')

function table () {
  const cases = []
  for (const line of fs.readFileSync(path.join(ROOT, 'tests/malformed/requests.txt'), 'latin1').split('\n')) {
    const c = cases.at(-1)
    const m = /^([>+*=]) ?(.*)$/.exec(line)
    if (/^\[.*\]$/.test(line)) cases.push({ name: line.slice(1, -1), parts: [], verdict: '' })
    else if (!m) continue
    else if (m[1] === '>') c.parts.push(bytes(m[2]), Buffer.from('\r\n'))
    else if (m[1] === '+') c.parts.push(bytes(m[2]))
    else if (m[1] === '*') { const [, n, t] = /^(\d+) (.*)$/.exec(m[2]); c.parts.push(Buffer.alloc(n * bytes(t).length, bytes(t))) } else c.verdict = m[2]
  }
  return cases
}

/** All that comes back until the edge closes or says nothing more for a while. */
function talk (edge, data) {
  return new Promise(resolve => {
    const s = net.connect(edge.port, '127.0.0.1')
    let got = ''; let timer
    const end = how => { clearTimeout(timer); s.destroy(); resolve({ got, closed: how === 'closed' }) }
    const wait = () => { clearTimeout(timer); timer = setTimeout(() => end('open'), 400) }
    s.on('connect', () => { s.write(data); wait() })
    s.on('data', d => { got += d.toString('latin1'); wait() })
    s.on('end', () => end('closed'))
    s.on('error', () => end('closed'))
  })
}

const statuses = got => [...got.matchAll(/HTTP\/1\.1 (\d\d\d) /g)].map(m => Number(m[1])).filter(n => n >= 200)

scene('every malformed request of the table, on the wire', async s => {
  const heard = []
  const app = await s.origin(async (q, reply) => { heard.push(q); await reply.send(200, {}, 'fine') })
  app.errors.push = () => 0
  const edge = await s.edge({ zone: 'edge.test', hosts: { 'edge.test': app }, config: { limits: { linger_ms: '100ms' } } })
  const cases = table()
  ok(cases.length >= 150, `${cases.length} cases`)
  const wrong = []
  for (let i = 0; i < cases.length; i += 25) {
    await Promise.all(cases.slice(i, i + 25).map(async c => {
      const { got, closed } = await talk(edge, Buffer.concat(c.parts))
      const seen = statuses(got)
      const refuse = /^refuse (\d+)( in body)?$/.exec(c.verdict)
      const accept = /^accept ?(\d*)$/.exec(c.verdict)
      let good
      if (refuse && !refuse[2]) good = seen.length === 1 && seen[0] === Number(refuse[1]) && closed
      else if (refuse) good = closed || seen.at(-1) >= 400 // an answer to the head may have come first
      else if (accept) good = seen.length === Number(accept[1] || 1) && !seen.includes(500)
      else good = seen.length === 0 && !closed
      if (!good) wrong.push(`${c.name}: wants ${c.verdict}, got ${JSON.stringify(seen)}${closed ? ' and a close' : ''}`)
    }))
  }
  eq(wrong, [])
  // What was refused in its head left no trace at the origin: every target there belongs to a case that is fine or whose body is bad.
  ok(heard.length > 0)
  eq((await edge.get('/')).status, 200)
}, { timeout: 120000 })
