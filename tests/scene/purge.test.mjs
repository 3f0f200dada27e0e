// SPDX-License-Identifier: Apache-2.0
// Purging by the API, as visitors see it: all forms, hard and soft, also while the origin is being asked and when an
// edge was away.
import fs from 'node:fs'
import path from 'node:path'
import { execFileSync } from 'node:child_process'
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'

const ZONE = 'example.test'

/** A zone of the API whose hosts are in the plan folder, in front of an origin that counts versions. */
async function world (s, { more, ...options } = {}) {
  const app = await s.origin((q, reply) => reply.send(200, { 'Cache-Control': 'max-age=600', 'Cache-Tag': tags[q.path.split('?')[0]] ?? 'all', Vary: 'Accept-Language', ETag: '"1"' }, `${q.path}`))
  const tags = { '/a.css': 'All, Css', '/b.css': 'all,css', '/c.js': 'all' }
  const edge = await s.edge({ api: true, zone: ZONE, hosts: { 'www.example.test': app, 'img.example.test': app }, more, ...options })
  const made = await edge.call('POST', '/zones', { name: ZONE })
  const purge = (body, verb = 'purge_cache', method = 'POST') => edge.call(method, `/zones/${ZONE}/${verb}`, body)
  const status = async (path, headers = {}, host = 'www.example.test') => (await edge.get(path, { host, headers })).get('cf-cache-status')
  return { app, edge, id: made.result.id, purge, status }
}

scene('by URL: that one and its variants', async s => {
  const { edge, id, purge, status } = await world(s)
  const fill = async () => { for (const p of ['/a.css', '/a.css?x=1', '/b.css']) await status(p) }
  await fill()
  const r = await purge({ files: [`https://WWW.${ZONE}/a.css`] })
  eq([r.status, r.result], [200, { id }])
  eq(r.result_info.edges.map(e => [e.confirmed, e.removed]), [[true, 1]])
  ok(/^edges=1; ms=\d+$/.test(r.headers.get('seawall-live')), r.headers.get('seawall-live'))
  eq([await status('/a.css'), await status('/a.css?x=1'), await status('/b.css')], ['MISS', 'HIT', 'HIT'])
  const visitor = await edge.get('/a.css')
  eq([visitor.get('cf-cache-status'), visitor.get('cache-tag')], ['HIT', undefined])

  await status('/a.css', { 'Accept-Language': 'de' })
  const one = await purge({ files: [{ url: `http://www.${ZONE}/a.css`, headers: { 'Accept-Language': 'de' } }] })
  eq(one.result_info.edges[0].removed, 1)
  eq([await status('/a.css'), await status('/a.css', { 'Accept-Language': 'de' })], ['HIT', 'MISS'])
  eq((await purge({ files: [`http://www.${ZONE}/a.css`] })).result_info.edges[0].removed, 2)
  // Old clients.
  eq((await purge({ files: [`http://www.${ZONE}/b.css`] }, 'purge_cache', 'DELETE')).result_info.edges[0].removed, 1)
})

scene('by tag, prefix, host, and everything', async s => {
  const { purge, status } = await world(s)
  const all = ['/a.css', '/b.css', '/c.js', '/dir/d.png', '/dirt.png']
  const fill = async () => { for (const p of all) { await status(p); await status(p, {}, 'img.example.test') } }
  const removed = async body => { const r = await purge(body); eq(r.status, 200); return r.result_info.edges[0].removed }
  await fill()
  eq(await removed({ tags: ['CSS'] }), 4)
  eq([await status('/a.css'), await status('/b.css'), await status('/c.js')], ['MISS', 'MISS', 'HIT'])
  await fill()
  eq(await removed({ prefixes: ['www.example.test/dir'] }), 1)
  eq([await status('/dir/d.png'), await status('/dirt.png')], ['MISS', 'HIT'])
  eq(await removed({ hosts: ['img.example.test'] }), 5)
  eq([await status('/c.js', {}, 'img.example.test'), await status('/c.js')], ['MISS', 'HIT'])
  await fill()
  eq(await removed({ purge_everything: true }), null)
  for (const p of all) eq(await status(p), 'MISS')
  for (const p of all) eq(await status(p), 'HIT')
})

scene('invalidate: kept, stale, and confirmed by the origin', async s => {
  const { app, purge, status } = await world(s)
  app.script = (q, reply) => q.headers.get('if-none-match') === '"1"'
    ? reply.send(304, { ETag: '"1"', 'Cache-Control': 'max-age=600' })
    : reply.send(200, { 'Cache-Control': 'max-age=600', ETag: '"1"' }, 'x')
  eq([await status('/a.css'), await status('/a.css')], ['MISS', 'HIT'])
  eq((await purge({ files: [`http://www.${ZONE}/a.css`] }, 'invalidate_cache')).result_info.edges[0].removed, 1)
  eq([await status('/a.css'), await status('/a.css')], ['REVALIDATED', 'HIT'])
  await purge({ purge_everything: true }, 'invalidate_cache')
  eq([await status('/a.css'), await status('/a.css')], ['REVALIDATED', 'HIT'])
})

scene('what is being fetched while it is purged is not kept', async s => {
  const { app, edge, purge, status } = await world(s)
  for (const body of [{ purge_everything: true }, { tags: ['t'] }, { files: [`http://www.${ZONE}/slow.css`] }, { hosts: [`www.${ZONE}`] }, { prefixes: [`www.${ZONE}/slow.css`] }]) {
    let go
    const asked = new Promise(resolve => { app.script = async (q, reply) => { resolve(); await new Promise(r => { go = r }); await reply.send(200, { 'Cache-Control': 'max-age=600', 'Cache-Tag': 't' }, 'old') } })
    const first = edge.get('/slow.css')
    await asked
    eq((await purge(body)).status, 200)
    app.script = (q, reply) => reply.send(200, { 'Cache-Control': 'max-age=600', 'Cache-Tag': 't' }, 'new')
    go()
    eq((await first).text, 'old')
    const next = await edge.get('/slow.css')
    eq([next.text, next.get('cf-cache-status')], ['new', 'MISS'])
    eq(await status('/slow.css'), 'HIT')
    await purge({ purge_everything: true })
  }
})

scene('a copy that was purged does not come back when the origin fails', async s => {
  const { app, edge, purge } = await world(s, { more: { always_online: true } })
  app.script = (q, reply) => reply.send(200, { 'Cache-Control': 'max-age=0' }, 'old')
  eq((await edge.get('/a.css')).text, 'old')
  let go
  const gate = new Promise(resolve => { go = resolve })
  const asked = new Promise(resolve => { app.script = async (q, reply) => { resolve(); await gate; reply.reset() } })
  const r = edge.get('/a.css')
  await asked
  await purge({ files: [`http://www.${ZONE}/a.css`] })
  go()
  eq((await r).status, 520)
})

scene('keys of a rule: what the rule leaves out does not split copies, what it names does; purges find them all', async s => {
  const app = await s.origin((q, reply) => reply.send(200, { 'Cache-Control': 'max-age=600' }, `${q.headers.get('cf-device-type')}`))
  const custom_key = { query_string: { exclude: { list: ['utm'] } }, header: { include: ['X-Plan'] }, cookie: { check_presence: ['member'] } }
  const edge = await s.edge({ api: true, zone: ZONE, hosts: { 'www.example.test': { origins: [app], cache: { cache: true, cache_key: { cache_by_device_type: true, custom_key } } } } })
  await edge.call('POST', '/zones', { name: ZONE })
  const status = async (path, headers = {}) => (await edge.get(path, { headers })).get('cf-cache-status')
  eq([await status('/p?id=1&utm=a'), await status('/p?utm=b&id=1'), await status('/p?id=2')], ['MISS', 'HIT', 'MISS'])
  eq([await status('/p?id=1', { 'X-Plan': 'gold' }), await status('/p?id=1', { 'X-Plan': 'gold' })], ['MISS', 'HIT'])
  eq([await status('/p?id=1', { Cookie: 'a=1; member=7' }), await status('/p?id=1', { Cookie: 'member=8' }), await status('/p?id=1', { Cookie: 'a=1' })], ['MISS', 'HIT', 'HIT'])
  const phone = await edge.get('/p?id=1', { headers: { 'User-Agent': 'iPhone Mobile', 'CF-Device-Type': 'fridge' } })
  eq([phone.get('cf-cache-status'), phone.text], ['MISS', 'mobile'])
  const removed = async files => (await edge.call('POST', `/zones/${ZONE}/purge_cache`, { files })).result_info.edges[0].removed
  eq(await removed([{ url: `http://www.${ZONE}/p?id=1`, headers: { 'X-Plan': 'silver' } }]), 3)
  eq(await removed([`http://www.${ZONE}/p?utm=x&id=1`]), 1)
  eq([await status('/p?id=1', { 'X-Plan': 'gold' }), await status('/p?id=2')], ['MISS', 'HIT'])
  // A change by a visitor takes all copies of its page away.
  await edge.request('POST', '/p?id=2', { body: 'x' })
  eq(await status('/p?id=2'), 'MISS')
})

scene('orders that are not valid are refused with the member that is to blame', async s => {
  const { purge, edge } = await world(s)
  const refused = async body => { const r = await purge(body); return [r.status, r.errors[0].code, r.errors[0].source?.pointer] }
  eq(await refused({}), [400, 1012, ''])
  eq(await refused({ purge_everything: true, tags: ['a'] }), [400, 1012, ''])
  eq(await refused({ purge_everything: false }), [400, 1012, '/purge_everything'])
  eq(await refused({ files: ['http://www.example.test/', 'http://other.test/'] }), [400, 1012, '/files/1'])
  eq(await refused({ files: [{ url: 'ftp://www.example.test/' }] }), [400, 1012, '/files/0/url'])
  eq(await refused({ tags: Array(501).fill('a') }), [400, 1012, '/tags'])
  eq(await refused({ what: 1 }), [400, 1012, '/what'])
  eq((await edge.call('POST', '/zones/other.test/purge_cache', { purge_everything: true })).errors[0].code, 7003)
  const log = await edge.call('GET', '/user/audit_logs?direction=asc')
  eq(log.result.filter(r => r.action.type === 'purge').length, 0)
})

/** Puts orders into the log of purges as if other edges had carried them out while this one was away. */
function remember (edge, orders) {
  const rows = orders.map(o => [0, JSON.stringify({ zone: ZONE, soft: false, ...o })])
  execFileSync('python3', ['-c', 'import json, sqlite3, sys\nd = sqlite3.connect(sys.argv[1], timeout=20)\nd.executemany("INSERT INTO purge(at_ms, order_json) VALUES(?, ?)", json.loads(sys.argv[2]))\nd.commit()',
    path.join(edge.dir, 'data/state/state.db'), JSON.stringify(rows)])
}

/** Control goes; the edge, which serves on, meets the next one. */
async function newControl (edge) {
  const control = () => edge.processes().filter(pid => /control/.test(fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1')))
  const before = control()
  for (const pid of before) process.kill(pid, 'SIGKILL')
  await waitFor(() => control().some(pid => !before.includes(pid)), { what: 'another control process' })
}

scene('an edge that comes back catches up with what it missed, and with nothing else', async s => {
  const { edge, status, purge } = await world(s)
  eq((await purge({ tags: ['nothing'] })).status, 200) // the edge knows of this one
  for (const p of ['/a.css', '/b.css', '/c.js']) eq(await status(p), 'MISS')
  await newControl(edge)
  for (const p of ['/a.css', '/b.css', '/c.js']) eq(await status(p), 'HIT')
  remember(edge, [{ files: [`http://www.${ZONE}/a.css`] }, { tags: ['css'] }])
  await newControl(edge)
  await waitFor(async () => await status('/b.css') === 'MISS', { what: 'the second order' })
  eq([await status('/a.css'), await status('/c.js')], ['MISS', 'HIT'])
})

scene('an edge that missed more than is remembered drops everything', async s => {
  const { edge, status, purge } = await world(s)
  await purge({ tags: ['nothing'] })
  eq([await status('/c.js'), await status('/c.js')], ['MISS', 'HIT'])
  remember(edge, Array(250).fill({ tags: ['nothing'] }))
  await newControl(edge)
  await waitFor(async () => await status('/c.js') === 'MISS', { what: 'an empty cache' })
  eq(await status('/c.js'), 'HIT')
})
