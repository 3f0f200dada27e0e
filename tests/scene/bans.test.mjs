// SPDX-License-Identifier: Apache-2.0
// Bans: who is not let in, over which door, until when; who can never be banned; what survives.
import dgram from 'node:dgram'
import fs from 'node:fs'
import net from 'node:net'
import { scene, eq, ok, ms, freePort, waitFor } from '../lib/scene.mjs'
import { inTime } from '../lib/wait.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { query } from '../lib/dns.mjs'

const BAD = '127.0.0.9'
const GOOD = '127.0.0.8'
const bans = edge => edge.api.get('/seawall/bans')
const role = pid => { try { return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] } catch { return '' } }
const of = (edge, what) => edge.processes().filter(pid => role(pid) === what)

const edgeWith = async (s, options = {}) => edgeWithApi(s, { hosts: { 'www.test': await s.origin({ '/': 'page' }) }, ...options })

/** 'page', or 'shut' when the connection was taken and cut. That nobody listens is a failure. */
async function visit (edge, from) {
  try { return (await edge.get('/', { from })).text } catch (e) { if (/ECONNRESET|EPIPE|ended/.test(e.message)) return 'shut'; throw e }
}

scene('a banned address is shut out before a byte of it is read; others are not, and it ends with the ban', async s => {
  const edge = await edgeWith(s)
  eq(await visit(edge, BAD), 'page')
  const made = await edge.api.post('/seawall/bans', { network: BAD, reason: 'tries passwords', expires_in: 3600 })
  eq([made.network, made.reason, made.source], [BAD, 'tries passwords', 'admin'])
  const left = Date.parse(made.expires_on) - Date.parse(made.created_on)
  ok(Math.abs(left - 3600e3) <= 2000, `${left} ms`)
  // live when it was answered
  eq([await visit(edge, BAD), await visit(edge, GOOD), await visit(edge)], ['shut', 'page', 'page'])
  eq((await bans(edge)).map(b => b.network), [BAD])
  await edge.api.must('DELETE', `/seawall/bans/${made.id}`)
  eq([await visit(edge, BAD), await bans(edge)], ['page', []])
  eq((await edge.api.refused('DELETE', `/seawall/bans/${made.id}`)).status, 404)
})

scene('connections that are open are closed: one that waits, one in the middle of an answer', async s => {
  let held = 0
  const app = await s.origin({ '/': 'page', '/slow': async (q, reply) => { held++; await reply.hang() } })
  const edge = await edgeWithApi(s, { hosts: { 'www.test': app } })
  const idle = await s.client(edge, { host: 'www.test', from: BAD })
  const busy = await s.client(edge, { host: 'www.test', from: BAD })
  const other = await s.client(edge, { host: 'www.test', from: GOOD })
  eq((await idle.get('/')).text, 'page')
  await busy.ask('GET', '/slow')
  await waitFor(() => held, { within: 15000, what: 'the request at the origin' })
  await edge.api.post('/seawall/bans', { network: '127.0.0.9/32' })
  eq([await idle.closed(), await busy.closed()], ['reset', 'reset'])
  eq((await other.get('/')).text, 'page')
})

scene('a ban is over by itself, without anybody doing anything', async s => {
  const edge = await edgeWith(s)
  await edge.api.post('/seawall/bans', { network: BAD, expires_in: 2 })
  const since = Date.now()
  await waitFor(async () => await visit(edge, BAD) === 'page', { within: 20000, every: 100, what: 'the end of the ban' })
  ok(Date.now() - since >= 500, `${Date.now() - since} ms`)
  await waitFor(async () => (await bans(edge)).length === 0, { within: 20000, every: 100, what: 'the list to forget it' })
})

scene('who asks, what is allowed, and the node itself cannot be banned; the answer says why', async s => {
  const edge = await edgeWith(s, { config: { shield: { allow: '198.51.100.0/25, 2001:db8:a::/48' } } })
  const refused = async (network, pattern, more = {}) => {
    const r = await edge.api.refused('POST', '/seawall/bans', { network, ...more })
    eq(r.status, 400)
    ok(pattern.test(r.message), `${network}: ${r.message}`)
    return r.pointer
  }
  eq(await refused('127.0.0.0/8', /would ban 127\.0\.0\.1, from where you ask/), '/network')
  await refused('0.0.0.0/0', /from where you ask/)
  await refused('198.51.100.0/24', /would ban 198\.51\.100\.0\/25, which can never be banned.*smaller networks/)
  await refused('198.51.100.7', /lies in 198\.51\.100\.0\/25, which can never be banned/)
  await refused('2001:db8::/32', /would ban 2001:db8::200/)
  await refused('2001:db8:a:1::/64', /lies in 2001:db8:a::\/48/)
  await refused('::/0', /can never be banned/)
  await refused('192.0.2.200', /lies in 192\.0\.2\.200/)
  await refused('192.0.2.1/24', /bits behind its length are 0/)
  await refused('example.com', /address or a network/)
  eq(await refused('192.0.2.1', /./, { expires_in: 0 }), '/expires_in')
  await refused('192.0.2.1', /./, { expires_in: 366 * 86400 + 1 })
  eq((await edge.api.refused('POST', '/seawall/bans', {})).pointer, '/network')
  eq(await bans(edge), [])

  // what is allowed over the API: no ban over it any more, and one that was there has no effect
  await edge.api.post('/seawall/bans', { network: BAD })
  eq(await visit(edge, BAD), 'shut')
  const r = await edge.api.call('POST', '/seawall/allows', { network: '127.0.0.8/31', reason: 'office' })
  ok(/1 ban\(s\).*no effect/.test(r.json.messages[0].message), r.text)
  eq(await visit(edge, BAD), 'page')
  await refused(BAD, /lies in 127\.0\.0\.8\/31/)
  eq((await edge.api.refused('POST', '/seawall/allows', { network: GOOD, expires_in: 5 })).pointer, '/expires_in')
  await edge.api.must('DELETE', `/seawall/allows/${encodeURIComponent('127.0.0.8/31')}`)
  eq(await visit(edge, BAD), 'shut')
})

scene('bans stay with their ends over a restart, and an edge that starts without control has them', async s => {
  const edge = await edgeWith(s, { trouble: true })
  const { expires_on: end } = await edge.api.post('/seawall/bans', { network: BAD, expires_in: 86400 })
  await edge.stop()
  await edge.start()
  await edge.api.ready()
  eq((await bans(edge)).map(b => [b.network, b.expires_on]), [[BAD, end]])
  await waitFor(async () => await visit(edge, BAD) === 'shut', { within: 20000, every: 100, what: 'the ban to be live' })

  const hold = setInterval(() => { for (const pid of of(edge, 'control')) { try { process.kill(pid, 'SIGSTOP') } catch { /* gone */ } } }, 5)
  try {
    const stopped = pid => /^State:\s+T/m.test(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))
    await waitFor(() => of(edge, 'control').every(stopped), { within: 10000, what: 'control to be stopped' })
    const [pid] = of(edge, 'edge')
    process.kill(pid, 'SIGKILL')
    eq((await edge.get('/', { within: 15000 })).text, 'page')
    ok(of(edge, 'edge')[0] !== pid)
    eq(await visit(edge, BAD), 'shut')
  } finally {
    clearInterval(hold)
    for (const pid of of(edge, 'control')) process.kill(pid, 'SIGCONT')
  }
})

scene('over HTTPS it ends before the handshake; DNS queries over UDP stay without an answer, over TCP too', async s => {
  const dns = await freePort()
  const https = await freePort()
  const edge = await edgeWith(s, { config: { listen: { dns: `127.0.0.1:${dns}`, https: `127.0.0.1:${https}` } } })
  await edge.api.post('/zones', { name: 'example.test' })
  const socket = async from => { const u = dgram.createSocket('udp4'); await new Promise(resolve => u.bind(0, from, resolve)); return u }
  const tcp = async () => { const c = net.connect({ port: dns, host: '127.0.0.1', localAddress: BAD }); c.cut = new Promise(resolve => { c.on('error', resolve); c.on('close', resolve) }); await Promise.race([c.cut, new Promise(resolve => c.once('connect', resolve))]); return c }
  const framed = () => { const q = query('example.test', 'SOA'); const n = Buffer.alloc(2); n.writeUInt16BE(q.length); return Buffer.concat([n, q]) }
  const bad = await socket(BAD)
  const good = await socket(GOOD)
  try {
    let heard = 0
    bad.on('message', () => { heard++ })
    const ask = u => u.send(query('example.test', 'SOA'), dns, '127.0.0.1')
    // both are answered as long as nobody is banned; UDP may lose some
    await waitFor(() => { ask(bad); return heard > 0 }, { within: 15000, every: 100, what: 'an answer before the ban' })
    const session = await edge.connect({ secure: { rejectUnauthorized: false, port: https }, from: BAD, host: 'www.test' }).catch(e => e)
    ok(!(session instanceof Error), String(session))
    const open = await tcp()
    const asked = new Promise(resolve => open.once('data', resolve))
    open.write(framed())
    await inTime(asked, 10000, 'an answer over TCP')
    await edge.api.post('/seawall/bans', { network: BAD })
    await session.closed()
    await inTime(open.cut, 10000, 'the open DNS connection to end')
    const late = await tcp()
    late.on('data', () => { heard = -1 })
    late.write(framed())
    await inTime(late.cut, 10000, 'a new DNS connection to end')
    const again = await edge.connect({ secure: { rejectUnauthorized: false, port: https }, from: BAD, host: 'www.test' }).catch(e => e)
    ok(again instanceof Error, 'a handshake of a banned address went through')

    ok(heard !== -1, 'an answer over TCP after the ban')
    // What was asked before the ban is answered by now: a good one, asked after it, has its answer.
    const answered = async () => { let n = 0; const on = () => { n++ }; good.on('message', on); try { await waitFor(() => { ask(good); return n > 0 }, { within: 15000, every: 100, what: 'an answer for another address' }) } finally { good.off('message', on) } }
    await answered()
    heard = 0
    for (let i = 0; i < 20; i++) ask(bad)
    await answered()
    await answered()
    eq(heard, 0)
  } finally { bad.close(); good.close() }
})

scene('seawall bans and seawall allows', async s => {
  const edge = await edgeWith(s)
  ok(/Nobody is banned/.test(await edge.api.does('bans', 'list')))
  ok(/203\.0\.113\.9 is banned until 20\d\d-/.test(await edge.api.does('bans', 'add', '203.0.113.9', '--for', '6h', '--reason', 'tries passwords')))
  await edge.api.does('bans', 'add', '2001:db8:bad::/48')
  const list = await edge.api.does('bans', 'list')
  ok(/203\.0\.113\.9 .*admin.*tries passwords/.test(list) && /2001:db8:bad::\/48/.test(list), list)
  const [six] = (await bans(edge)).filter(b => b.network === '203.0.113.9')
  ok(Math.abs(Date.parse(six.expires_on) - Date.now() - 6 * 3600e3) < ms(60000), six.expires_on)
  await edge.api.does('bans', 'remove', '2001:db8:bad::/48')
  eq((await bans(edge)).map(b => b.network), ['203.0.113.9'])
  const bad = await edge.api.seawall('bans', 'add', '127.0.0.0/8')
  ok(bad.status !== 0 && /from where you ask/.test(bad.err), bad.err)
  const misuse = await edge.api.seawall('bans', 'add', '203.0.113.8', '--for', 'ever')
  ok(misuse.status !== 0 && /is no time/.test(misuse.err), misuse.err)
  ok(/192\.0\.2\.0\/24 can never be banned/.test(await edge.api.does('allows', 'add', '192.0.2.0/24', '--reason', 'office')))
  ok(/192\.0\.2\.0\/24 .*office/.test(await edge.api.does('allows', 'list')))
  await edge.api.does('allows', 'remove', '192.0.2.0/24')
  ok(/Nothing is allowed/.test(await edge.api.does('allows', 'list')))
  // every change is in the audit log
  const actions = (await edge.api.get('/user/audit_logs')).map(a => a.resource?.type ?? a.action?.type)
  ok(actions.filter(a => a === 'ban').length === 3, JSON.stringify(actions))
})
