// SPDX-License-Identifier: Apache-2.0
// Three processes: what a visitor sees when one of them dies, when the plan changes, when a new program takes over.
import fs from 'node:fs'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import { scene, eq, ok, sleep, waitFor, zone, ms } from '../lib/scene.mjs'
import { PROGRAM } from '../lib/edge.mjs'

const role = pid => { try { return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] } catch { return '' } }
const of = (edge, what) => edge.processes().filter(pid => role(pid) === what)
const status = edge => JSON.parse(fs.readFileSync(path.join(edge.dir, 'data/run/status.json')))

/** Requests without pause until told to stop; keeps what failed. Reconnects when the edge says Connection: close. */
async function visitor (edge, target) {
  const v = { done: 0, failed: [], stop: false }
  v.over = (async () => {
    let c = null
    while (!v.stop) {
      try {
        c ??= await edge.connect()
        const r = await c.get(target)
        if (r.status !== 200) v.failed.push(r.status)
        else v.done++
        if (/close/i.test(r.get('connection') || '')) { c.close(); c = null }
      } catch (e) { v.failed.push(e.message); c?.close(); c = null; await sleep(5) }
    }
    c?.close()
  })()
  return v
}

scene('a killed edge is back at once with the same plan; the sockets never closed', async s => {
  const app = await s.origin({ '/': 'page' })
  const edge = await s.edge({ hosts: { 'www.test': app }, trouble: true })
  eq((await edge.get('/')).text, 'page')
  const [pid] = of(edge, 'edge')
  process.kill(pid, 'SIGKILL')
  const t0 = Date.now()
  const r = await edge.get('/', { within: 5000 }) // waits in the backlog, is not refused
  eq(r.text, 'page')
  ok(Date.now() - t0 < 3000, `${Date.now() - t0} ms`)
  ok(of(edge, 'edge')[0] !== pid)
})

scene('with control killed again and again, traffic is not touched', async s => {
  const app = await s.origin({ '/': 'page' })
  const edge = await s.edge({ hosts: { 'www.test': app }, trouble: true })
  const v = await visitor(edge, '/')
  for (let i = 0; i < 3; i++) {
    const pids = await waitFor(() => { const p = of(edge, 'control'); return p.length ? p : null }, { what: 'a control process' })
    process.kill(pids[0], 'SIGKILL')
    await sleep(150)
  }
  v.stop = true
  await v.over
  eq(v.failed, [])
  ok(v.done > 20, `${v.done} requests`)
})

scene('the edge boots from its journal when control does not come', async s => {
  const app = await s.origin({ '/': 'page' })
  const edge = await s.edge({ hosts: { 'www.test': app }, trouble: true })
  eq((await edge.get('/')).text, 'page')
  const hold = setInterval(() => { for (const pid of of(edge, 'control')) { try { process.kill(pid, 'SIGSTOP') } catch { /* gone */ } } }, 5)
  try {
    await sleep(50)
    process.kill(of(edge, 'edge')[0], 'SIGKILL')
    eq((await edge.get('/', { within: 8000 })).text, 'page')
  } finally {
    clearInterval(hold)
    for (const pid of of(edge, 'control')) process.kill(pid, 'SIGCONT')
  }
})

scene('a changed plan item is live without a reload, on connections that are open', async s => {
  const one = await s.origin({ '/': 'one' })
  const two = await s.origin({ '/': 'two' })
  const edge = await s.edge({ hosts: { 'www.test': one } })
  const c = await s.client(edge, { host: 'www.test' })
  eq((await c.get('/')).text, 'one')
  const pids = of(edge, 'edge')
  edge.plan(zone('test', { 'www.test': two, 'new.test': two }))
  await waitFor(async () => (await c.get('/')).text === 'two', { what: 'the change to be live' })
  eq((await edge.get('/', { host: 'new.test' })).text, 'two')
  eq(of(edge, 'edge'), pids)
  edge.unplan({ kind: 'zone', name: 'test' })
  await waitFor(async () => (await c.get('/')).status === 530, { what: 'the zone to be gone' })
})

scene('a bad plan item is refused with file and member, and the good one stays live', async s => {
  const app = await s.origin({ '/': 'good' })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  edge.plan({ kind: 'zone', name: 'test', hosts: [{ name: 'www.test', origins: ['127.0.0.1:99999'] }] })
  await waitFor(() => /zone-test\.json.*hosts\[0\]\.origins\[0\]/s.test(edge.output), { what: 'a complaint' })
  eq((await edge.get('/')).text, 'good')
  const item = await waitFor(() => status(edge).items.find(i => /refused/.test(JSON.stringify(i))), { what: 'the refusal in the status' })
  ok(/origins\[0\]/.test(JSON.stringify(item)), JSON.stringify(item))
  const said = spawnSync(PROGRAM, ['status', '--config', edge.configFile], { encoding: 'utf8' })
  ok(/origins\[0\]/.test(said.stdout), said.stdout + said.stderr)
  fs.writeFileSync(path.join(edge.dir, 'plan', 'zone-test.json'), '{ "kind": "zone", ')
  await waitFor(() => edge.output.split('zone-test.json').length > 2, { what: 'another complaint' })
  eq((await edge.get('/')).text, 'good')
  edge.plan(zone('test', { 'www.test': app, 'b.test': app }))
  await waitFor(async () => (await edge.get('/', { host: 'b.test' })).status === 200, { what: 'the mended item' })
})

scene('a new program takes over with no failed request', async s => {
  const app = await s.origin({ '/': 'page', '/a.css': { headers: { 'Cache-Control': 'max-age=60' }, body: 'css' } })
  const edge = await s.edge({ hosts: { 'www.test': app } })
  const long = await s.client(edge, { host: 'www.test' })
  eq((await long.get('/')).text, 'page')
  const visitors = []
  for (let i = 0; i < 8; i++) visitors.push(await visitor(edge, i % 2 ? '/' : '/a.css'))
  for (let round = 0; round < 2; round++) {
    const before = of(edge, 'edge')[0]
    edge.signal('SIGUSR2')
    await waitFor(() => { const now = of(edge, 'edge'); return now.length === 1 && now[0] !== before }, { within: 15000, what: 'only the new edge to be left' })
    await sleep(200)
  }
  for (const v of visitors) v.stop = true
  for (const v of visitors) await v.over
  eq(visitors.flatMap(v => v.failed), [])
  ok(visitors.every(v => v.done > 10), visitors.map(v => v.done).join(' '))
})

const mistakes = {
  'an unknown key': ['[listen]\nhtpp = 127.0.0.1:8080\n', /listen.*htpp|htpp/],
  'an unknown section': ['[lisen]\nhttp = 127.0.0.1:8080\n', /lisen/],
  'a bad address': ['[listen]\nhttp = localhost\n', /localhost/],
  'a limit out of range': ['[limits]\nidle_ms = 5\n', /idle_ms.*from 1000/s],
  'a limit that is none': ['[limits]\nidle_s = 5\n', /idle_s/],
  'a key that does nothing yet': ['[fleet]\netcd = 127.0.0.1:2379\n', /etcd/]
}
scene('rules of the firewall are judged by --check, with file and line', async s => {
  const dir = s.folder(), rules = path.join(dir, 'rules.conf'), file = path.join(dir, 'node.conf')
  const check = () => spawnSync(PROGRAM, ['serve', '--check', '--config', file], { encoding: 'utf8', timeout: ms(30000) })
  fs.writeFileSync(file, `[node]\ndata = ${dir}/data\n[listen]\nhttp = 127.0.0.1:8080\n[plan]\nfolder = ${dir}\n[waf]\nrules = ${rules}\n`)
  fs.writeFileSync(rules, 'SecRule ARGS "@rx a" "id:1,phase:2,pass"\n')
  const good = check()
  eq([good.status, good.stderr], [0, ''])
  fs.appendFileSync(rules, 'SecRule ARGS "@rx (" "id:2,phase:2,pass"\n')
  const bad = check()
  ok(bad.status !== 0 && bad.stderr.includes(`${rules}:2`), bad.stderr)
  fs.rmSync(rules)
  const gone = check()
  ok(gone.status !== 0 && gone.stderr.includes(rules), gone.stderr)
})

scene('mistakes in the configuration are told with file and line', async s => {
  const dir = s.folder()
  for (const [name, [text, says]] of Object.entries(mistakes)) {
    const file = path.join(dir, 'bad.conf')
    fs.writeFileSync(file, `[node]\ndata = ${dir}/data\n${text}`)
    const r = spawnSync(PROGRAM, ['serve', '--check', '--config', file], { encoding: 'utf8', timeout: 10000 })
    ok(r.status !== 0, name)
    ok(r.stderr.includes('bad.conf:'), `${name}: ${r.stderr}`)
    ok(says.test(r.stderr), `${name}: ${r.stderr}`)
  }
  const none = spawnSync(PROGRAM, ['serve', '--config', path.join(dir, 'missing.conf')], { encoding: 'utf8' })
  ok(none.status !== 0 && /missing\.conf/.test(none.stderr), none.stderr)
})
