// SPDX-License-Identifier: Apache-2.0
// What the kernel drops before anybody here sees it: banned networks and those that open connections too fast, on a network
// of the test's own. An edge would answer a banned address with a reset; the kernel with nothing.
import fs from 'node:fs'
import path from 'node:path'
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'
import { PROGRAM } from '../lib/edge.mjs'
import { Network, noNetwork } from '../lib/network.mjs'

const NOBODY = 65534
const PORT = 8080
const skip = noNetwork() ?? false
const CURL_REFUSED = 7
const CURL_TIMEOUT = 28

async function town (s, config = {}, as = []) {
  const net = await new Network().start({ at: ['10.98.0.1/24', 'fd98::1/64'], visitors: ['10.98.0.2/24', '10.98.0.3/24', '10.98.0.4/24', 'fd98::2/64', 'fd98::3/64'] })
  s.undo.push(() => net.stop())
  const edge = await s.edge({
    inside: [...net.edge.inside, ...as],
    start: false,
    config: { listen: { http: `0.0.0.0:${PORT}, [fd98::1]:${PORT}`, api: '127.0.0.1:9080' }, ...config },
    plan: [{ kind: 'zone', name: 'www.test', hosts: [{ name: 'www.test', origins: ['127.0.0.1:9'] }] }]
  })
  if (as.length) fs.chownSync(path.join(edge.dir, 'data'), NOBODY, NOBODY)
  await edge.start({ ready: false })
  const visit = async (from = '10.98.0.2', within = '10') => {
    const at = from.includes(':') ? '[fd98::1]' : '10.98.0.1'
    const r = await net.ask(net.away, 'curl', '-s', '-g', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Host: www.test', '--interface', from, '--max-time', within, `http://${at}:${PORT}/cdn-cgi/trace`)
    return r.status === 0 ? Number(r.out) : r.status === CURL_TIMEOUT ? 'silence' : `curl ${r.status}`
  }
  await waitFor(async () => edge.exit || await visit() === 200, { within: 20000, every: 50, what: 'the edge' })
  const seawall = async (...words) => {
    const r = await net.ask(net.edge, PROGRAM, ...words, '--config', edge.configFile)
    if (r.status !== 0) throw new Error(`seawall ${words.join(' ')}: ${r.out}${r.err}`)
    return r.out
  }
  const state = async () => JSON.parse(await seawall('shield', 'kernel', '--json'))
  return { net, edge, visit, seawall, state, links: () => net.do(net.edge, 'ip', '-d', 'link', 'show', 'dev', 'eth0') }
}

/** Where BPF may not be used the edge must say so and do it itself. */
async function permitted (t, town) {
  const { state, reason } = await town.state()
  if (state === 'xdp') return true
  ok(/permitted|not implemented|argument/.test(reason), reason)
  t.skip(`the kernel says: ${reason}`)
  return false
}

scene('a banned network meets silence, in both families; others and the interface itself go on; it ends with the ban', async (s, t) => {
  const here = await town(s)
  if (!await permitted(t, here)) return
  eq((await here.state()).interfaces.map(i => i.name), ['eth0'])
  ok(/xdp/.test(here.links()), here.links())
  await here.seawall('bans', 'add', '10.98.0.3')
  await here.seawall('bans', 'add', 'fd98::3')
  eq([await here.visit('10.98.0.3', '1'), await here.visit('10.98.0.2'), await here.visit('fd98::3', '1'), await here.visit('fd98::2')], ['silence', 200, 'silence', 200])
  // only our ports: at another one the machine itself answers, that nobody listens
  const other = await here.net.ask(here.net.away, 'curl', '-s', '--interface', '10.98.0.3', '--max-time', '5', 'http://10.98.0.1:81/')
  eq(other.status, CURL_REFUSED)
  await waitFor(async () => (await here.state()).dropped.banned > 0, { within: 10000, every: 100, what: 'the count of dropped packets' })
  ok(/kernel drop eth0:? +XDP, (driver|generic) mode/.test(await here.seawall('doctor').catch(e => e.message)))
  await here.seawall('bans', 'remove', '10.98.0.3')
  eq([await here.visit('10.98.0.3'), await here.visit('fd98::3', '1')], [200, 'silence'])
}, { skip })

scene('what can never be banned passes, and a ban around it drops the others', async (s, t) => {
  const here = await town(s, { shield: { allow: '10.98.0.2, 10.98.0.1, 127.0.0.0/8' } })
  if (!await permitted(t, here)) return
  for (const bits of [['10.98.0.4/32'], ['10.98.0.3/32', '--for', '8s']]) await here.seawall('bans', 'add', ...bits)
  eq([await here.visit('10.98.0.3', '1'), await here.visit('10.98.0.4', '1')], ['silence', 'silence'])
  await waitFor(async () => await here.visit('10.98.0.3', '1') === 200, { within: 20000, every: 100, what: 'the end of the ban' })
  await here.seawall('allows', 'add', '10.98.0.4')
  eq(await here.visit('10.98.0.4'), 200)
}, { skip })

scene('connections that one address opens too fast are dropped, those of others are not', async (s, t) => {
  const here = await town(s, { limits: { kernel_opens_per_s: 2, kernel_opens_at_once: 20 } })
  if (!await permitted(t, here)) return
  // how many of 60 connections at once are there within 400 ms: a SYN that is dropped comes again after a second
  const open = `
import socket, select, time
made = []
for _ in range(60):
    c = socket.socket(); c.setblocking(False); c.bind(("10.98.0.4", 0)); c.connect_ex(("10.98.0.1", ${PORT})); made.append(c)
until = time.monotonic() + 0.4
done = set()
while time.monotonic() < until:
    _, w, _ = select.select([], [c for c in made if c not in done], [], 0.05)
    done.update(c for c in w if c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0)
print(len(done))`
  const first = Number(here.net.do(here.net.away, 'python3', '-c', open))
  ok(first >= 20 && first <= 24, `${first} of 60`)
  eq(await here.visit('10.98.0.2'), 200)
  await waitFor(async () => (await here.state()).dropped.paced >= 60 - first, { within: 10000, every: 100, what: 'the count' })
}, { skip })

scene('bans stay in the kernel while edges end and programs change, and nothing stays when the node is gone', async (s, t) => {
  const here = await town(s)
  if (!await permitted(t, here)) return
  await here.seawall('bans', 'add', '10.98.0.3')
  const before = (await here.state()).dropped.banned
  for (const pid of here.edge.processes()) {
    if (fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === 'edge') process.kill(pid, 'SIGKILL')
  }
  eq(await here.visit('10.98.0.3', '1'), 'silence')
  await waitFor(async () => await here.visit() === 200, { within: 20000, every: 50, what: 'the next edge' })
  eq(await here.visit('10.98.0.3', '1'), 'silence')
  await here.seawall('upgrade')
  eq([await here.visit(), await here.visit('10.98.0.3', '1')], [200, 'silence'])
  await waitFor(async () => (await here.state()).dropped.banned > before, { within: 10000, every: 100, what: 'the count goes on' })
  await here.seawall('bans', 'remove', '10.98.0.3') // the new program writes to the same maps
  eq(await here.visit('10.98.0.3'), 200)
  await here.edge.kill()
  await waitFor(() => !/xdp/.test(here.links()), { within: 10000, every: 50, what: 'the interface without a program' })
}, { skip })

scene('an interface that is not there is said, off is off, and loopback needs none', async s => {
  const here = await town(s, { shield: { kernel_drop: 'eth7' } })
  const said = await here.state()
  ok(said.state === 'off' && (said.interfaces[0]?.reason === 'there is no such interface' || /permitted/.test(said.reason)), JSON.stringify(said))
  const shown = await here.seawall('shield', 'kernel')
  ok(!/dropped/.test(shown), shown)
  await here.seawall('bans', 'add', '10.98.0.3')
  ok(/^curl (52|56)$/.test(await here.visit('10.98.0.3')), 'the edge itself cuts') // it takes the connection and resets it
  const plain = await s.edge({ api: true, hosts: { 'www.test': '127.0.0.1:9' } })
  const r = await plain.call('GET', '/seawall/kernel_drop')
  eq([r.result.state, r.result.reason], ['off', 'nothing listens but on loopback addresses'])
}, { skip })

scene('a service that is not root does it with two capabilities, and its children have none', async (s, t) => {
  const caps = '-all,+bpf,+net_admin'
  const here = await town(s, {}, ['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups', '--inh-caps', caps, '--ambient-caps', caps])
  if (!await permitted(t, here)) return
  const of = pid => /CapEff:\s*(\w+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]
  const have = Object.fromEntries(here.edge.processes().map(pid => [fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1], of(pid)]))
  eq([have.serve, have.edge, have.control], ['0000008000001000', '0000000000000000', '0000000000000000'])
  await here.seawall('bans', 'add', '10.98.0.3')
  eq([await here.visit('10.98.0.3', '1'), await here.visit()], ['silence', 200])
}, { skip })
