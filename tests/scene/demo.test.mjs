// SPDX-License-Identifier: Apache-2.0
// The demonstration: what it prints to try is tried, as it stands there.
import { execFileSync, spawn } from 'node:child_process'
import path from 'node:path'
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'
import { PROGRAM, ROOT } from '../lib/edge.mjs'
import { freePort } from '../lib/wait.mjs'

scene('every command that the demonstration prints works', async s => {
  const ports = []
  for (const kind of ['port', 'https-port', 'api-port', 'dns-port']) ports.push(`--${kind}`, String(await freePort()))
  const demo = spawn(path.join(ROOT, 'tools/demo'), ports, { env: { ...process.env, SEAWALL_BIN: PROGRAM }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const out of [demo.stdout, demo.stderr]) out.on('data', d => { said += d })
  const ended = new Promise(resolve => demo.once('close', resolve))
  try {
    await waitFor(() => said.includes('Ctrl-C stops everything') || demo.exitCode !== null, { within: 20000, what: 'the demonstration' })
    const lines = said.slice(said.indexOf('Seawall is running')).split('\n').filter(l => l.startsWith('    ')).map(l => l.trim())
    const setup = lines.find(l => l.startsWith('export SEAWALL_CONFIG='))
    ok(setup, said)
    const does = line => execFileSync('bash', ['-c', `shopt -s expand_aliases\n${setup}\n${line}`], { encoding: 'utf8', stdio: 'pipe', timeout: 20000 })
    const answers = lines.filter(l => !l.startsWith('http') && l !== setup).map(l => [l, does(l)])
    const of = word => answers.find(([l]) => l.includes(word))[1]
    ok(answers.length >= 9, said)
    eq(/^HTTP\/2 200/.test(of('--cacert')), true)
    eq(/^HTTP\/1.1 200/.test(of('curl -i ')), true)
    eq(/MISS[^]*HIT/.test(of('photo.png')), true)
    eq(new Set(of('/api/time').match(/one|two/g)).size, 2)
    ok(of('dig ').trim().endsWith('127.0.0.1'))
    eq(JSON.parse(of('/client/v4/')).success, true)
  } finally {
    demo.kill('SIGTERM')
  }
  eq(await ended, 0)
})
