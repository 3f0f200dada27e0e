// SPDX-License-Identifier: Apache-2.0
// The command line does whole jobs: an app behind a new zone, a zone that moves, what the doctor finds.
import fs from 'node:fs'
import path from 'node:path'
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'

scene('an app behind a new zone, all from the command line', async s => {
  const app = await s.origin({ '/': 'home', '/a.css': { headers: { 'Cache-Control': 'max-age=600' }, body: 'css' }, '/page': { headers: { 'Cache-Control': 'no-store' }, body: 'page' } })
  const edge = await edgeWithApi(s); const api = edge.api
  const port = app.address.split(':').pop()

  ok(/example\.test/.test(await api.does('zones', 'create', 'example.test')))
  ok(/added: www\.example\.test A 127\.0\.0\.1, proxied \(live: .*edges=1/.test(await api.does('records', 'add', 'example.test', 'A', 'www', '127.0.0.1', '--proxied')))
  await api.does('rules', 'add', 'example.test', 'origin', 'http.host eq "www.example.test"', '--port', port)
  const get = (p) => edge.get(p, { host: 'www.example.test' })
  eq([(await get('/')).text, (await get('/a.css')).headers.get('cf-cache-status'), (await get('/a.css')).headers.get('cf-cache-status')], ['home', 'MISS', 'HIT'])

  await api.does('rules', 'add', 'example.test', 'cache', 'http.request.uri.path eq "/page"', '--edge-ttl', '600')
  eq([(await get('/page')).headers.get('cf-cache-status'), (await get('/page')).headers.get('cf-cache-status'), app.count('/page')], ['MISS', 'HIT', 1])
  await api.does('purge', 'example.test', 'http://www.example.test/page')
  eq([(await get('/page')).headers.get('cf-cache-status'), app.count('/page'), (await get('/a.css')).headers.get('cf-cache-status')], ['MISS', 2, 'HIT'])
  await api.does('purge', 'example.test', '--everything')
  eq((await get('/a.css')).headers.get('cf-cache-status'), 'MISS')

  await api.does('rules', 'add', 'example.test', 'custom', 'http.request.uri.path eq "/page"', '--description', 'no page')
  eq((await get('/page')).status, 403)
  ok(/custom +1 +on +http\.request\.uri\.path eq "\/page" +block +no page/.test(await api.does('rules', 'list', 'example.test', 'custom')))
  await api.does('rules', 'disable', 'example.test', 'custom', '1')
  eq((await get('/page')).status, 200)
  await api.does('rules', 'delete', 'example.test', 'custom', '1')
  eq(await api.does('rules', 'list', 'example.test', 'custom'), 'No rules yet; `seawall rules add --help`.\n')
  await api.does('zones', 'delete', 'example.test', '--yes')
  ok((await get('/')).status !== 200)
}, { timeout: 60000 })

scene('a zone moves from one node to another: import, export', async s => {
  const from = (await edgeWithApi(s)).api; const to = (await edgeWithApi(s)).api
  await from.does('zones', 'create', 'move.test')
  for (const r of [['A', 'www', '127.0.0.1', '--proxied'], ['MX', '@', '10', 'mail.move.test'], ['TXT', '@', 'v=spf1 -all'], ['CNAME', 'blog', 'www.example.net', '--comment', 'the blog'], ['CAA', '@', '0 issue "ca.test"']]) {
    await from.does('records', 'add', 'move.test', ...r)
  }
  await from.post('/zones/move.test/dns_records/batch', { posts: Array.from({ length: 230 }, (_, i) => ({ type: 'A', name: `n${i}`, content: '192.0.2.7' })) })
  await from.does('settings', 'set', 'move.test', 'browser_cache_ttl', '7200')
  await from.does('rules', 'add', 'move.test', 'cache', 'http.host eq "www.move.test"', '--edge-ttl', '60')
  await from.does('rules', 'add', 'move.test', 'origin', 'true', '--port', '3000')
  await from.does('access', 'add', 'move.test', 'block', '203.0.113.9', '--notes', 'scraper')

  const out = await to.does('import', 'cloudflare', '--zone', 'move.test', '--token-file', from.tokenFile, '--api', `http://127.0.0.1:${from.port}`)
  ok(/made: 1 zone, 235 records, 1 settings, 2 rules, 1 access rules/.test(out) && /Nothing was left out/.test(out), out)
  const strip = list => list.map(r => [r.name, r.type, r.content, r.ttl, r.proxied, r.comment, r.priority].join()).sort()
  eq(strip(await to.get('/zones/move.test/dns_records?per_page=500')), strip(await from.get('/zones/move.test/dns_records?per_page=500')))
  eq((await to.get('/zones/move.test/settings/browser_cache_ttl')).value, 7200)
  eq((await to.get('/zones/move.test/rulesets/phases/http_request_origin/entrypoint')).rules[0].action_parameters, { origin: { port: 3000 } })

  const again = await to.does('import', 'cloudflare', '--zone', 'move.test', '--token-file', from.tokenFile, '--api', `http://127.0.0.1:${from.port}`)
  ok(/already there: 1 zone, 235 records/.test(again), again)

  const file = path.join(to.edge.dir, 'move.json')
  fs.writeFileSync(file, await to.does('export', 'move.test'))
  await to.does('zones', 'delete', 'move.test', '--yes')
  ok(/made: 1 zone, 235 records/.test(await to.does('import', 'file', file)))
  eq(strip(await to.get('/zones/move.test/dns_records?per_page=500')), strip(await from.get('/zones/move.test/dns_records?per_page=500')))

  const document = JSON.parse(fs.readFileSync(file, 'utf8'))
  document.name = 'other.test'; document.records.push({ type: 'A', name: 'bad.other.test', content: 'nonsense' })
  document.settings.no_such_setting = 'on'
  document.rulesets.http_request_origin.push({ action: 'route', expression: 'http.host eq', action_parameters: { origin: { port: 1 } } })
  fs.writeFileSync(file, JSON.stringify(document))
  const part = await to.seawall('import', 'file', file)
  eq([part.status, /record bad\.other\.test A nonsense/.test(part.out), /setting no_such_setting/.test(part.out), /rule 2 of http_request_origin/.test(part.out)], [1, true, true, true], part.out + part.err)
}, { timeout: 120000 })

scene('doctor looks at the node and at a zone', async s => {
  const app = await s.origin({ '/': 'home' })
  s.undo.push(() => { app.errors.length = 0 }) // the doctor also asks it whether it speaks TLS
  const edge = await edgeWithApi(s); const { api } = edge
  await api.does('zones', 'create', 'example.test')
  await api.does('records', 'add', 'example.test', 'A', 'www', '127.0.0.1', '--proxied')
  await api.does('rules', 'add', 'example.test', 'origin', 'true', '--port', app.address.split(':').pop())
  const findings = async () => JSON.parse((await api.seawall('doctor', 'example.test', '--json')).out)
  const of = (list, what) => list.find(f => f.what === what)
  let list = await findings()
  eq([of(list, 'node').level, of(list, 'API').level, of(list, 'admin.token').level, of(list, 'edge').level, of(list, `http 127.0.0.1:${edge.port}`).level], ['ok', 'ok', 'ok', 'ok', 'ok'])
  ok(/^[24]\d\d through the edge/.test(of(list, 'http://www.example.test').found), JSON.stringify(of(list, 'http://www.example.test')))
  await app.stop()
  list = await findings()
  eq([of(list, 'http://www.example.test').level, /521/.test(of(list, 'http://www.example.test').found)], ['fail', true])

  fs.chmodSync(api.tokenFile, 0o644)
  fs.writeFileSync(path.join(edge.dir, 'plan/broken.json'), '{"kind":')
  await waitFor(async () => of(await findings(), 'plan file broken.json')?.level === 'fail', { what: 'doctor to see the broken plan file' })
  const r = await api.seawall('doctor')
  eq([r.status, /FAIL +admin\.token.*\n +-> chmod 600/.test(r.out)], [1, true], r.out)
  fs.unlinkSync(path.join(edge.dir, 'plan/broken.json'))
  await edge.stop()

  const taken = await s.origin({})
  const config = fs.readFileSync(edge.configFile, 'utf8').replace(/^http = .*/m, `http = ${taken.address}`)
  fs.writeFileSync(edge.configFile, config)
  const stopped = await api.seawall('doctor')
  ok(/does not run/.test(stopped.out) && /FAIL +http .*: taken by node \(pid \d+\)/.test(stopped.out), stopped.out)
})

scene('an origin with an IPv6 address', async s => {
  const app = await s.origin({ '/': 'over IPv6' }, { host: '::1' })
  const edge = await edgeWithApi(s); const { api } = edge
  await api.does('zones', 'create', 'six.test')
  await api.does('records', 'add', 'six.test', 'AAAA', 'www', '::1', '--proxied')
  await api.does('rules', 'add', 'six.test', 'origin', 'true', '--port', String(app.port))
  eq((await edge.get('/', { host: 'www.six.test' })).text, 'over IPv6')
})
