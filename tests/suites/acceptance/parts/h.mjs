// SPDX-License-Identifier: Apache-2.0
// The router under stress, behind the edge and directly. A second of the specification is 50 ms for the times of the router.
import { Client } from '../../../lib/client.mjs'
import { inTime } from '../../../lib/wait.mjs'
import { spawn } from 'node:child_process'
import { DEFAULT, EDGE, PLATFORM } from '../world.mjs'
import { appRuns, domainsAreSecure, eq, ok, setting, waitFor, zoneIsActive } from '../lib.mjs'

export const options = { limits: { router_first_byte_ms: 1500, router_read_ms: 3000, router_quarantine_ms: 200, router_quarantine_ms_max: 2000, instance_drain_ms: 1500 } }

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
/** wrk for some seconds: { requests, failed } from its summary. */
const wrk = (url, seconds, ...args) => new Promise((resolve, reject) => {
  const child = spawn('wrk', ['-t1', '-c8', `-d${seconds}s`, ...args, url], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  for (const s of [child.stdout, child.stderr]) s.on('data', d => { out += d })
  child.on('error', reject)
  child.on('close', () => {
    const requests = Number(/(\d+) requests in/.exec(out)?.[1])
    const sock = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(out)
    const non2xx = Number(/Non-2xx or 3xx responses: (\d+)/.exec(out)?.[1] ?? 0)
    resolve({ requests, failed: non2xx + (sock ? sock.slice(1).reduce((n, x) => n + Number(x), 0) : 0), out })
  })
})

export default async function (step, w) {
  const get = (path, o) => w.get(`http://${DEFAULT}${path}`, { at: PLATFORM, ...o })
  const ps = async () => (await w.v1('GET', '/apps/my-app/ps')).json.containers
  const seen = async n => { const out = []; for (let i = 0; i < n; i++) { const r = await get('/'); out.push(r.status === 200 ? r.json.name : r.status) } return out }
  /** Tells one instance how to behave; the requests go round. */
  const mood = async (label, is) => {
    for (let i = 0; i < 20; i++) if ((await get(`/mood?who=${label}&is=${is}`)).text === `${label} ${is}\n`) return
    throw new Error(`${label} was not reached`)
  }

  await step('the end of part A', async () => {
    await appRuns(w, 2)
    await zoneIsActive(w)
    await setting(w, 'ssl', 'strict')
    await domainsAreSecure(w, ['example.com'])
  })
  await step('deploy under load: restart and scale with wrk, directly: no failed request', async () => {
    const load = wrk(`http://${PLATFORM}/`, 14, '-H', `Host: ${DEFAULT}`)
    await sleep(1500)
    await w.restart()
    await w.scale([{ name: 'web', amount: 3 }])
    await w.scale([{ name: 'web', amount: 1 }])
    await w.scale([{ name: 'web', amount: 2 }])
    await w.restart(['web-1'])
    const r = await load
    console.log(`    ${r.requests} requests, ${r.failed} failed`)
    ok(r.requests > 100 && r.failed === 0, r.out)
  }, { alone: true })
  await step('deploy under load: through the edge over HTTPS: no failed request', async () => {
    let over = false; let n = 0; const bad = []
    const user = async () => { while (!over) { const r = await w.get('https://example.com/').catch(e => ({ status: e.message })); n++; if (r.status !== 200) bad.push(r.status) } }
    const users = [user(), user(), user(), user()]
    try { await sleep(500); await w.restart(); await sleep(500) } finally { over = true }
    await Promise.all(users)
    console.log(`    ${n} requests, ${bad.length} failed`)
    ok(n > 20 && bad.length === 0, bad.slice(0, 5).join(' '))
  }, { alone: true })
  await step('29. an instance that cuts is out after once or twice, healed it comes back; both broken is 502', async () => {
    await mood('web-1', 'cut')
    const first = await seen(20)
    ok(first.filter(n => n === 502).length <= 2, first.join(' '))
    const rest = (await seen(10))
    ok(rest.filter(n => n === 'web-2').length >= 8, rest.join(' '))
    await w.restart()
    const healed = await seen(6)
    eq(new Set(healed).size, 2, healed.join(' '))
  }, { alone: true })
  await step('31. nothing in 30 s is 504, also through the edge', async () => {
    const at = Date.now()
    const r = await get('/hang', { within: 20000 })
    eq([r.status, r.headers.get('x-scalingo-error')], [504, 'timeout'])
    ok(Date.now() - at >= 1400)
    eq((await w.get('https://example.com/hang', { at: EDGE, within: 20000 })).status, 504)
  }, { alone: true })
  await step('31. a stream that falls silent is cut, one that speaks in time is kept; WebSocket passes edge and platform', async () => {
    const kept = await get('/stream?n=4&ms=2000', { within: 30000 })
    eq([kept.status, kept.text.match(/data: x/g).length], [200, 4])
    await get('/stream?n=1&ms=50&then=silence', { within: 30000 }).then(() => { throw new Error('it was not cut') }, e => ok(/end|clos|reset|cut|chunk/i.test(e.message), e.message))
    const c = await Client.connect({ port: 80, address: EDGE, host: 'example.com' })
    try {
      const r = await c.request('GET', '/ws', { headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' }, head: true })
      eq([r.status, r.headers.get('sec-websocket-accept')], [101, 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='])
      await c.send(Buffer.from([0x81, 0x82, 1, 2, 3, 4, 0x68 ^ 1, 0x69 ^ 2]))
      const echo = await inTime(c.wire.take(4), 10000, 'an echo')
      eq([...echo], [0x81, 2, 0x68, 0x69])
    } finally { c.close() }
  }, { alone: true })
  await step('32. no instance is 503; a body of 76 MB is 413; a client that leaves is 499 in the log', async () => {
    await w.scale([{ name: 'web', amount: 0 }])
    const none = await get('/')
    eq([none.status, none.headers.get('x-scalingo-error')], [503, 'app stopped'])
    await w.scale([{ name: 'web', amount: 2 }])
    eq((await get('/', { method: 'POST', headers: { 'Content-Length': String(76 * 1024 * 1024), Expect: '' } })).status, 413)
    const c = await Client.connect({ port: 80, address: PLATFORM, host: DEFAULT })
    await c.ask('GET', '/slow?ms=1000')
    await sleep(200)
    c.reset()
    await w.platform.logged(l => l.path === '/slow?ms=1000' && l.status === 499)
  }, { alone: true })
  await step('33. sticky: the same instance, the cookie refreshed on each answer; a restart ends it', async () => {
    eq((await w.v1('PATCH', '/apps/my-app', { app: { sticky_session: true } })).status, 200)
    const first = await waitFor(async () => { const r = await get('/'); return /sc-sticky-session=/.test(r.headers.get('set-cookie') ?? '') && r }, { within: 5000, every: 50, what: 'a cookie' })
    const cookie = r => /sc-sticky-session=[^;]+/.exec(r.headers.get('set-cookie'))[0]
    for (let i = 0; i < 5; i++) {
      const r = await get('/', { headers: { Cookie: cookie(first) } })
      eq([r.json.name, !!r.headers.get('set-cookie')], [first.json.name, true])
    }
    await w.restart()
    const after = await get('/', { headers: { Cookie: cookie(first) } })
    ok(cookie(after) !== cookie(first))
    eq((await w.v1('PATCH', '/apps/my-app', { app: { sticky_session: false } })).status, 200)
  }, { alone: true })
  await step('34. router logs in the app\'s log, with the request\'s id', async () => {
    eq((await w.v1('PATCH', '/apps/my-app', { app: { router_logs: true } })).status, 200)
    const id = 'acceptance-0123456789abcdef'
    const line = await waitFor(async () => {
      await get('/logged', { headers: { 'X-Request-ID': id } })
      const url = (await w.v1('GET', '/apps/my-app/logs')).json.logs_url.replace(/^https:/, 'http:')
      const text = await (await fetch(`${w.platform.api}${new URL(url).pathname}${new URL(url).search}&stream=false&n=100&filter=router`)).text()
      return text.split('\n').find(l => l.includes(`request_id=${id}`))
    }, { within: 10000, every: 200, what: 'a line of the router' })
    ok(/^\d{4}-\d\d-\d\d [\d:.]+ \+\d{4} \w+ \[router\] method=GET path="\/logged" host=my-app\.osc-fr1\.scalingo\.io request_id=\S+ container=web-\d from="[^"]+" protocol=http status=200 duration=\d+\.\d{3}s bytes=\d+ referer="-" user_agent="-"/.test(line), line)
  }, { alone: true })
  await step('the app\'s log has what the instances wrote and what the manager did', async () => {
    const url = (await w.v1('GET', '/apps/my-app/logs')).json.logs_url
    const text = await (await fetch(`${w.platform.api}${new URL(url).pathname}${new URL(url).search}&stream=false&n=1000`)).text()
    ok(/\[web-1\] web-1 listens/.test(text) && /\[manager\] container \[web-1\] \([0-9a-f]{24}\) has been started/.test(text), text.slice(-1500))
    eq((await ps()).filter(c => c.state === 'running').map(c => c.label), ['web-1', 'web-2'])
  }, { alone: true })
}
