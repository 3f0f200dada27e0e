// SPDX-License-Identifier: Apache-2.0
// The command line as a client of the API: what people type, what they see, what they are told when it is wrong.
import fs from 'node:fs'
import path from 'node:path'
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'
import { command, edgeWithApi } from '../lib/api.mjs'

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

scene('records: naming one, changing it, tables and JSON', async s => {
  const { api } = await edgeWithApi(s)
  await api.does('zones', 'create', 'example.test')
  await api.does('records', 'add', 'example.test', 'A', '@', '192.0.2.1')
  await api.does('records', 'add', 'example.test', 'A', '@', '192.0.2.2')
  await api.does('records', 'add', 'example.test', 'MX', '@', '10', 'mail.example.test')
  await api.does('records', 'add', 'example.test', 'TXT', '_dmarc', 'v=DMARC1; p=none', '--ttl', '3600', '--comment', 'mail')
  const table = await api.does('records', 'list', 'example.test')
  eq(table.split('\n')[0].split(/ +/), ['NAME', 'TYPE', 'CONTENT', 'TTL', 'PROXY', 'COMMENT', 'ID'])
  ok(/^example\.test +MX +10 mail\.example\.test +auto +DNS only/m.test(table))
  ok(/^_dmarc\.example\.test +TXT +"?v=DMARC1; p=none"? +3600 +DNS only +mail/m.test(table))
  eq(JSON.parse(await api.does('records', 'list', 'example.test', '--type', 'MX', '--json')).map(r => r.priority), [10])

  const two = await api.seawall('records', 'set', 'example.test', '@/A', '--content', '192.0.2.3')
  eq([two.status, /fits 2 records/.test(two.err)], [2, true])
  await api.does('records', 'set', 'example.test', '@/A', '--match', '192.0.2.1', '--content', '192.0.2.3')
  await api.does('records', 'set', 'example.test', '_dmarc', '--ttl', 'auto')
  await api.does('records', 'delete', 'example.test', '_dmarc.example.test.')
  eq((await api.get('/zones/example.test/dns_records')).map(r => `${r.type} ${r.content}`).sort(), ['A 192.0.2.2', 'A 192.0.2.3', 'MX mail.example.test'])

  const zone = await api.does('records', 'export', 'example.test')
  ok(/192\.0\.2\.3/.test(zone) && /IN\tMX|IN +MX/.test(zone))
  ok(/^1 of 1 records added/.test(await api.does('records', 'import', 'example.test', '-', { input: 'new 300 IN A 192.0.2.9\n' })))
  ok(/new\.example\.test/.test(await api.does('records', 'list', 'example.test', '--name', 'new')))
})

scene('mistakes are told with what to do, and have their exit status', async s => {
  const edge = await edgeWithApi(s); const { api } = edge
  await api.does('zones', 'create', 'example.test')
  const told = async (status, pattern, ...args) => {
    const r = await api.seawall(...args)
    eq([r.status, pattern.test(r.err), r.out], [status, true, ''], `seawall ${args.filter(a => typeof a === 'string').join(' ')}: ${r.status} ${r.err}`)
  }
  await told(1, /not-an-ip|valid IPv4.*\(code 9005/s, 'records', 'add', 'example.test', 'A', 'x', 'not-an-ip')
  await told(1, /refused by the API/, 'zones', 'show', 'absent.test')
  await told(2, /CONTENT is missing/, 'records', 'add', 'example.test', 'A', 'x')
  await told(2, /there is no option --prox /, 'records', 'list', 'example.test', '--prox')
  await told(2, /repeat it with --yes/, 'zones', 'delete', 'example.test')
  await told(2, /there is no "ad"; there is list, show, add/, 'records', 'ad')
  await told(3, /which token|code/i, 'zones', 'list', { env: { SEAWALL_TOKEN: 'x'.repeat(40) } })
  await told(3, /cannot ask the API at http:\/\/127\.0\.0\.1:1\//, 'zones', 'list', '--api', 'http://127.0.0.1:1')
  await told(2, /which node\?/, 'zones', 'list', { env: { SEAWALL_CONFIG: undefined } })
  await told(1, /absent\.conf/, 'zones', 'list', '--config', path.join(edge.dir, 'absent.conf'))
  await edge.stop()
  await told(3, /the node does not run/, 'zones', 'list')
})

scene('a token made on the command line does what it may and no more', async s => {
  const { api } = await edgeWithApi(s)
  await api.does('zones', 'create', 'a.test'); await api.does('zones', 'create', 'b.test')
  const value = (await api.does('tokens', 'create', 'ci', '--zone', 'a.test', '--permission', 'DNS Write', '--permission', 'zone read')).trim()
  const env = { SEAWALL_TOKEN: value }
  ok(/active/.test(await api.does('tokens', 'verify', { env })))
  await api.does('records', 'add', 'a.test', 'A', 'www', '192.0.2.1', { env })
  eq(JSON.parse(await api.does('zones', 'list', '--json', { env })).map(z => z.name), ['a.test'])
  eq((await api.seawall('records', 'add', 'b.test', 'A', 'www', '192.0.2.1', { env })).status !== 0, true)
  eq((await api.seawall('zones', 'create', 'c.test', { env })).status, 3)
  const id = JSON.parse(await api.does('tokens', 'list', '--json')).find(t => t.name === 'ci').id
  await api.does('tokens', 'delete', id)
  eq((await api.seawall('zones', 'list', { env })).status, 3)
})

scene('a zone moves from one node to another: import, export', async s => {
  const from = (await edgeWithApi(s)).api; const to = (await edgeWithApi(s)).api
  await from.does('zones', 'create', 'move.test')
  for (const r of [['A', 'www', '127.0.0.1', '--proxied'], ['MX', '@', '10', 'mail.move.test'], ['TXT', '@', 'v=spf1 -all'], ['CNAME', 'blog', 'www.example.net', '--comment', 'the blog'], ['CAA', '@', '0 issue "ca.test"']]) {
    await from.does('records', 'add', 'move.test', ...r)
  }
  for (let i = 0; i < 230; i++) await from.post('/zones/move.test/dns_records', { type: 'A', name: `n${i}`, content: '192.0.2.7' })
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

scene('help at every level, completion, the manual page', async s => {
  const words = async (...line) => (await command(['completion', 'words', '--', String(line.length), 'seawall', ...line])).out.trim().split('\n')
  ok((await words('rec')).includes('records'))
  eq(await words('records', 'ex'), ['export'])
  eq(await words('records', 'list', 'example.test', '--ty'), ['--type'])
  ok((await words('records', 'list', 'example.test', '--type', 'T')).includes('TXT'))
  ok((await words('rules', 'add', 'example.test', 'cu')).includes('custom'))
  ok((await words('serve', '--')).includes('--check'))
  for (const args of [['--help'], ['zones', '--help'], ['zones', 'create', '--help'], ['help', 'records'], ['help', 'records', 'add'], ['man']]) {
    const r = await command(args)
    eq([r.status, r.out.length > 200, r.err], [0, true, ''], args.join(' '))
  }
  ok(/did you mean "records"/.test((await command(['record'])).err))
  const edge = await edgeWithApi(s)
  await edge.api.does('zones', 'create', 'example.test')
  eq((await edge.api.does('completion', 'words', '--', '3', 'seawall', 'records', 'list', 'ex')).trim(), 'example.test')
})
