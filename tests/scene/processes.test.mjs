// SPDX-License-Identifier: Apache-2.0
// Apps whose processes the node starts: over the API of apps, through the runner, with what they leave in the log.
import fs from 'node:fs'
import path from 'node:path'
import { scene, eq, ok, waitFor, running } from '../lib/scene.mjs'

/** A small server in Perl, which every Debian has: answers its name, and leaves a line in the log. */
const SERVER = String.raw`exec perl -MIO::Socket::INET -e '$|=1; $SIG{TERM}=sub{exit 0}; $s=IO::Socket::INET->new(LocalAddr=>"127.0.0.1",LocalPort=>$ENV{PORT},Listen=>50,ReuseAddr=>1) or die; print "$ENV{CONTAINER} listens as $<\n"; while($c=$s->accept){ while(<$c>){ last if /^\r?$/ } print $c "HTTP/1.1 200 OK\r\nContent-Length: ".length($ENV{CONTAINER})."\r\nConnection: close\r\n\r\n$ENV{CONTAINER}"; close $c }'`

async function node (s, config = {}) {
  const e = await s.edge({ api: true, config: { platform: { region: 'osc-fr1', suffix: 'apps.test', processes: 'yes' }, limits: { instance_drain_ms: 50, instance_crash_step_ms: 200 }, ...config } })
  const exchange = await fetch(`${e.api}/v1/tokens/exchange`, { method: 'POST', headers: { authorization: 'Basic ' + Buffer.from(`:${e.token}`).toString('base64') } })
  const { token } = await exchange.json()
  e.v1 = async (method, target, body) => {
    const r = await fetch(`${e.api}/v1${target}`, { method, headers: { authorization: `Bearer ${token}`, ...body && { 'content-type': 'application/json' } }, body: body && JSON.stringify(body) })
    const text = await r.text()
    return { status: r.status, location: r.headers.get('location'), json: text ? JSON.parse(text) : null }
  }
  e.done = r => waitFor(async () => {
    const o = (await e.v1('GET', new URL(r.location).pathname.slice(3))).json.operation
    return ['done', 'error'].includes(o.status) && o
  }, { within: 20000, every: 20, what: 'the operation to end' })
  e.ps = async () => (await e.v1('GET', '/apps/my-app/ps')).json.containers.map(c => [c.label, c.state])
  e.log_of = async filter => {
    const url = new URL((await e.v1('GET', '/apps/my-app/logs')).json.logs_url)
    return (await fetch(`${e.api}${url.pathname}${url.search}&stream=false&n=1000${filter ? `&filter=${filter}` : ''}`)).text()
  }
  eq((await e.v1('POST', '/apps', { app: { name: 'my-app' } })).status, 201)
  return e
}

/** Children of the runner. */
const instances = e => e.processes().filter(pid => { try { return /perl/.test(fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1')) } catch { return false } })

scene('scale starts processes, restart exchanges them, scale to none ends them', async s => {
  const e = await node(s)
  const r = await e.v1('POST', '/apps/my-app/scale', { containers: [{ name: 'web', amount: 2, size: 'M', command: SERVER }] })
  eq([r.status, (await e.done(r)).status], [202, 'done'])
  eq(await e.ps(), [['web-1', 'running'], ['web-2', 'running']])
  const first = instances(e)
  eq(first.length, 2)
  const log = await waitFor(async () => { const t = await e.log_of('web-2'); return /web-2 listens/.test(t) && t }, { what: 'a line of web-2' })
  if (process.getuid() === 0) ok(/listens as 6\d{4}\b/.test(log), `apps are not root: ${log}`)
  eq((await e.done(await e.v1('POST', '/apps/my-app/restart', { scope: ['web'] }))).status, 'done')
  await waitFor(() => first.every(pid => !running(pid)), { within: 10000, what: 'the old ones to end' })
  eq(instances(e).length, 2)
  eq((await e.done(await e.v1('POST', '/apps/my-app/scale', { containers: [{ name: 'web', amount: 0 }] }))).status, 'done')
  await waitFor(() => instances(e).length === 0, { within: 10000, what: 'all to end' })
  eq((await e.v1('GET', '/apps/my-app')).json.app.status, 'stopped')
})

scene('they outlive control, and end with the node', async s => {
  const e = await node(s)
  await e.done(await e.v1('POST', '/apps/my-app/scale', { containers: [{ name: 'web', amount: 1, command: SERVER }] }))
  const [pid] = instances(e)
  const control = Number(/process=control pid=(\d+)/.exec(e.output)[1])
  process.kill(control, 'SIGKILL')
  await waitFor(async () => (await fetch(`${e.api}/healthz`)).ok && e.output.match(/event=start process=control/g).length === 2, { within: 10000, what: 'a new control' })
  await waitFor(async () => JSON.stringify(await e.ps()) === '[["web-1","running"]]', { within: 5000, what: 'the same formation' })
  ok(running(pid))
  eq(instances(e), [pid])
  process.kill(pid, 'SIGKILL')
  await waitFor(() => instances(e).some(p => p !== pid), { within: 10000, what: 'another one in its place' })
  ok(/has crashed/.test(await e.log_of('manager')))
  const all = instances(e)
  await e.stop()
  ok(all.every(p => !running(p)))
})

scene('a runner that is killed takes them along, and they are started anew', async s => {
  const e = await node(s, {})
  await e.done(await e.v1('POST', '/apps/my-app/scale', { containers: [{ name: 'web', amount: 1, command: SERVER }] }))
  const [pid] = instances(e)
  process.kill(Number(/process=runner pid=(\d+)/.exec(e.output)[1]), 'SIGKILL')
  await waitFor(() => !running(pid) && instances(e).length === 1, { within: 15000, what: 'another one' })
  await waitFor(async () => JSON.stringify(await e.ps()) === '[["web-1","running"]]', { within: 10000, what: 'it to run' })
})

scene('an upgrade of the program keeps runner and instances', async s => {
  const e = await node(s)
  await e.done(await e.v1('POST', '/apps/my-app/scale', { containers: [{ name: 'web', amount: 1, command: SERVER }] }))
  const [pid] = instances(e)
  const runner = Number(/process=runner pid=(\d+)/.exec(e.output)[1])
  e.signal('SIGUSR2')
  await waitFor(() => /ok generation 2/.test(fs.readFileSync(path.join(e.dir, 'data/run/upgrade'), 'utf8')), { within: 15000, what: 'the upgrade' })
  await waitFor(async () => JSON.stringify(await e.ps()) === '[["web-1","running"]]', { within: 10000, what: 'the same formation' })
  ok(running(runner) && running(pid))
  eq((await e.done(await e.v1('POST', '/apps/my-app/restart', { scope: [] }))).status, 'done')
  ok(running(runner))
})

scene('a command on a node that runs none ends with the reason', async s => {
  const e = await node(s, { platform: { region: 'osc-fr1', suffix: 'apps.test' } })
  const o = await e.done(await e.v1('POST', '/apps/my-app/scale', { containers: [{ name: 'web', amount: 1, command: 'true' }] }))
  eq(o.status, 'error')
  ok(/\[platform\] processes/.test(o.error))
  ok(!/process=runner/.test(e.output))
})
