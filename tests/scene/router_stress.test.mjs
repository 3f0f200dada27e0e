// SPDX-License-Identifier: Apache-2.0
// The app router when instances are not well: they cut, refuse, hang or are slow, are replaced, or are too few. Times
// are those of the limits, shortened.
import { scene, eq, ok, waitFor, sleep, SLOW } from '../lib/scene.mjs'
import { app, hostOf, platform } from '../lib/platform.mjs'

const HOST = hostOf('my-app')
const quick = { router_quarantine_ms: 300 * SLOW, router_quarantine_ms_max: 1200 * SLOW, router_first_byte_ms: 1500, router_read_ms: 1000 }
const named = (s, name, script) => s.origin(async (q, reply) => {
  if (script && (await script(q, reply)) !== undefined) return
  await reply.send(200, { 'Content-Type': 'text/plain', 'X-Instance': name }, name)
})
/** Statuses, or names of the instances that answered, of n visits one after the other. */
const visits = async (edge, n, host = HOST, target = '/') => {
  const got = []
  for (let i = 0; i < n; i++) { const r = await edge.visit(host, target); got.push(r.status === 200 ? r.get('x-instance') : r.status) }
  return got
}

scene('an instance that cuts connections goes into quarantine and comes back; other apps notice nothing', async s => {
  let ill = true
  const one = await named(s, 'one', (q, reply) => { if (ill) { reply.close(); return true } })
  const two = await named(s, 'two'); const other = await named(s, 'other')
  const edge = await platform(s, { plan: [app('my-app', [one, two]), app('other', [other])], config: { limits: quick } })

  const first = await visits(edge, 4)
  eq(first.filter(x => x === 502).length, 1, first.join(' '))
  eq(await visits(edge, 6), Array(6).fill('two'))
  eq(await visits(edge, 3, hostOf('other')), Array(3).fill('other'))
  const cut = await edge.logged({ status: 502 })
  eq([cut.instance, cut.error], ['web-1', 'ERR_ORIGIN_CLOSED'])

  ill = false
  await waitFor(async () => (await edge.visit(HOST)).get('x-instance') === 'one', { what: 'the first instance to be back' })
  const both = await visits(edge, 6)
  eq([both.filter(x => x === 'one').length, both.includes(502)], [3, false], both.join(' '))
})

scene('all instances broken: 502 at once, with the page of the owner, until one is back', async s => {
  let ill = true
  const broken = (q, reply) => { if (ill) { reply.reset(); return true } }
  const [one, two] = [await named(s, 'one', broken), await named(s, 'two', broken)]
  const edge = await platform(s, { plan: [app('my-app', [one, two], { pages: { error: '<p>we are sorry' } })], config: { limits: quick } })

  eq(await visits(edge, 2), [502, 502])
  const asked = one.count() + two.count()
  const r = await edge.visit(HOST)
  eq([r.status, r.get('x-scalingo-error'), r.get('content-type'), r.text], [502, 'all containers in quarantine', 'text/html', '<p>we are sorry'])
  eq(one.count() + two.count(), asked)
  ill = false
  await waitFor(async () => (await edge.visit(HOST)).status === 200, { what: 'an instance to be back' })
})

scene('an instance that refuses connections gives way to another one without a failed request', async s => {
  const one = await named(s, 'one'); const two = await named(s, 'two')
  const edge = await platform(s, { plan: [app('my-app', [one, two])], config: { limits: quick } })

  await one.stop()
  eq(await visits(edge, 8), Array(8).fill('two'))
  await one.start()
  await waitFor(async () => (await edge.visit(HOST)).get('x-instance') === 'one', { what: 'the first instance to be back' })
  await one.stop(); await two.stop()
  const r = await edge.visit(HOST, '/', { method: 'POST', body: 'x' })
  eq(r.status, 502)
  await one.start(); await two.start()
})

scene('an instance that hangs: 504, no quarantine; one that is silent in the middle is cut, one that says a word in time is kept', async s => {
  const one = await named(s, 'one', async (q, reply) => {
    if (q.path === '/hang') { await reply.hang(); return true }
    if (q.path !== '/silent' && q.path !== '/slow') return
    await reply.head(200, {})
    for (let i = 0; i < (q.path === '/slow' ? 4 : 1); i++) { await reply.chunk('x'); await sleep(500) }
    if (q.path === '/slow') await reply.end()
    else await reply.hang()
    return true
  })
  const edge = await platform(s, { plan: [app('my-app', [one], { pages: { timeout: '<p>slow' } })], config: { limits: quick } })

  const before = Date.now()
  const r = await edge.visit(HOST, '/hang', { within: 20000 })
  eq([r.status, r.get('x-scalingo-error'), r.text], [504, 'timeout', '<p>slow'])
  ok(Date.now() - before >= 1400, `${Date.now() - before} ms`)
  eq(await visits(edge, 2), ['one', 'one'])
  eq((await edge.visit(HOST, '/slow', { within: 20000 })).text, 'xxxx')
  const c = await edge.join(HOST)
  await c.ask('GET', '/silent')
  eq((await c.response({ head: true })).status, 200)
  const rest = await c.closed({ within: 20000 })
  ok(!rest.includes('0\r\n\r\n'), 'the answer is cut, not ended')
  eq(await visits(edge, 1), ['one'])
}, { long: true })

scene('one instance, one request at a time: fifty wait and are served in turn, the others get 503 at once', async s => {
  const gate = []
  let open = false
  const one = await named(s, 'one', async () => { if (!open) await new Promise(resolve => gate.push(resolve)) })
  const other = await named(s, 'other')
  const edge = await platform(s, { plan: [app('my-app', [one], { in_flight: 1 }), app('other', [other])], config: { node: { workers: 2 }, limits: { router_first_byte_ms: 60000 } } })

  const all = [...Array(60)].map(() => edge.visit(HOST, '/', { within: 30000 }))
  const refused = []
  for (const p of all) p.then(r => { if (r.status !== 200) refused.push(r) }, () => {})
  await waitFor(() => gate.length === 1, { what: 'the instance to be asked' })
  await waitFor(() => refused.length === 9, { what: 'those beyond one and fifty to be refused' })
  eq([...new Set(refused.map(r => `${r.status} ${r.get('x-scalingo-error')}`))], ['503 request queue full'])
  eq(one.count(), 1)
  eq(await visits(edge, 2, hostOf('other')), ['other', 'other'])
  open = true
  gate[0]()
  const done = await Promise.all(all)
  eq(done.filter(r => r.status === 200).length, 51)
  eq(one.count(), 51)
})

scene('nobody to ask: stopped, maintenance, the pages of the owner', async s => {
  const one = await named(s, 'one')
  const edge = await platform(s, {
    plan: [app('stopped', [], { status: 'stopped' }), app('shop', [], { status: 'no_web', pages: { no_front: '<h1>back soon' } }), app('empty', []),
      app('my-app', [one])]
  })
  const seen = async name => { const r = await edge.visit(hostOf(name), '/', { headers: { Accept: 'text/html' } }); return [r.status, r.get('x-scalingo-error'), r.text.includes('back soon')] }

  eq(await seen('stopped'), [503, 'app stopped', false])
  eq(await seen('shop'), [503, 'no web container', true])
  eq(await seen('empty'), [503, 'no web container', false])
  eq((await edge.visit(HOST)).status, 200)
})

scene('an instance\'s own 502 and 504 are shown with the page of the owner, when there is one', async s => {
  const one = await s.origin({ '/502': { status: 502, body: 'own' }, '/504': { status: 504, body: 'own' } })
  const edge = await platform(s, { plan: [app('my-app', [one], { pages: { error: '<p>E', timeout: '<p>T' } }), app('plain', [one])] })

  eq(await Promise.all(['/502', '/504'].map(async p => { const r = await edge.visit(HOST, p); return [r.status, r.text] })), [[502, '<p>E'], [504, '<p>T']])
  eq((await edge.visit(hostOf('plain'), '/502')).text, 'own')
})

scene('sticky sessions: one instance for one cookie jar, renewed with each answer, worthless after a new generation', async s => {
  const instances = [await named(s, 'one'), await named(s, 'two'), await named(s, 'three')]
  const item = app('my-app', instances, { sticky_session: true, hosts: ['www.example.test'] })
  const edge = await platform(s, { plan: [item], config: { limits: quick } })
  const form = /^sc-sticky-session=([A-Za-z0-9+/]{43}=); Max-Age=86400; Expires=(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT; Domain=www\.example\.test; Path=\/; HttpOnly$/
  const visit = async cookie => {
    const r = await edge.visit('www.example.test', '/', { headers: cookie ? { Cookie: `a=b; sc-sticky-session=${cookie}` } : {} })
    const m = form.exec(r.get('set-cookie'))
    ok(m, r.get('set-cookie'))
    return [r.get('x-instance'), m[1]]
  }

  const [who, cookie] = await visit()
  for (let i = 0; i < 5; i++) eq(await visit(cookie), [who, cookie])
  const others = new Set()
  for (let i = 0; i < 6; i++) others.add((await visit())[0])
  eq(others.size, 3)
  ok((await visit('A'.repeat(43) + '='))[1] !== 'A'.repeat(43) + '=')

  edge.plan({ ...item, generation: 2 })
  await waitFor(async () => (await visit(cookie))[1] !== cookie, { what: 'the session to begin anew' })
  const [who2, cookie2] = await visit()
  eq(await visit(cookie2), [who2, cookie2])
})

scene('a deploy: instances are replaced under load and no request fails', async s => {
  const generation = async n => [await named(s, `${n}a`), await named(s, `${n}b`)]
  let current = await generation(1)
  const item = app('my-app', current)
  const edge = await platform(s, { plan: [item], config: { node: { workers: 2 } } })
  const failed = []; let done = 0; let stop = false
  const load = [...Array(8)].map(async (_, i) => {
    const c = await edge.join(HOST)
    while (!stop) {
      const r = await (i % 2 ? c.request('GET', '/') : c.request('POST', '/', { body: 'x'.repeat(1000) }))
      done++
      if (r.status !== 200) failed.push(`${r.status} ${r.get('x-scalingo-error')}`)
    }
    c.close()
  })

  for (let n = 2; n <= 5; n++) {
    const next = await generation(n)
    // What the platform does: new ones are ready, the plan names them, old ones go when they have no request any more.
    edge.plan({ ...item, generation: n, instances: next.map((o, i) => ({ name: `web-${i + 1}`, id: `g${n}-${i}`, address: o.address })) })
    await waitFor(async () => (await edge.visit(HOST)).get('x-instance').startsWith(n), { what: `generation ${n}` })
    const old = current
    const before = done
    await waitFor(() => done > before + 20, { what: 'requests after the change' })
    for (const o of old) await o.stop()
    current = next
  }
  stop = true
  await Promise.all(load)
  eq(failed, [])
  ok(done > 100, `${done} requests`)
})

scene('router logs: a line for each request of an app that wants them', async s => {
  const one = await named(s, 'one')
  const edge = await platform(s, { plan: [app('my-app', [one], { router_logs: true })] })

  const r = await edge.visit(HOST, '/x?a="1"', { headers: { 'User-Agent': 'say "hi" \\o/', Referer: 'http://a.test/' } })
  const row = await edge.logged({ path: '/x?a="1"' })
  eq(row.request_id, r.get('x-request-id'))
  const said = (await edge.logged(l => l.request_id === r.get('x-request-id')))
  eq([said.app, said.instance], ['my-app', 'web-1'])
})
