// SPDX-License-Identifier: Apache-2.0
// The command line as a client of the API: what people type, what they see, what they are told when it is wrong.
import fs from 'node:fs'
import path from 'node:path'
import { execFileSync } from 'node:child_process'
import { PROGRAM } from '../lib/edge.mjs'
import { scene, eq, ok } from '../lib/scene.mjs'
import { command, edgeWithApi } from '../lib/api.mjs'

scene('records: naming one, changing it, tables and JSON', async s => {
  const { api } = await edgeWithApi(s)
  await api.does('zones', 'create', 'example.test')
  await api.does('records', 'add', 'example.test', 'A', '@', '192.0.2.1')
  await api.does('records', 'add', 'example.test', 'A', '@', '192.0.2.2')
  await api.does('records', 'add', 'example.test', 'MX', '@', '10', 'mail.example.test')
  await api.does('records', 'add', 'example.test', 'TXT', '_dmarc', 'v=DMARC1; p=none', '--ttl', '3600', '--comment', 'mail')
  const table = await api.does('records', 'list', 'example.test')
  eq(table.split('\n')[0].split(/ +/), ['NAME', 'TYPE', 'CONTENT', 'TTL', 'PROXY', 'COMMENT'])
  ok(/^example\.test +MX +10 mail\.example\.test +auto +DNS only/m.test(table))
  ok(/^_dmarc\.example\.test +TXT +"?v=DMARC1; p=none"? +3600 +DNS only +mail/m.test(table))
  eq(JSON.parse(await api.does('records', 'list', 'example.test', '--type', 'MX', '--json')).map(r => r.priority), [10])

  const two = await api.seawall('records', 'set', 'example.test', '@/A', '--content', '192.0.2.3')
  eq([two.status, /fits 2 records/.test(two.err)], [2, true])
  await api.does('records', 'set', 'example.test', '@/A', '--match', '192.0.2.1', '--content', '192.0.2.3')
  await api.does('records', 'set', 'example.test', '_dmarc', '--ttl', 'auto')
  await api.does('records', 'delete', 'example.test', '_dmarc.example.test.')
  eq((await api.get('/zones/example.test/dns_records')).map(r => `${r.type} ${r.content}`).sort(), ['A 192.0.2.2', 'A 192.0.2.3', 'MX mail.example.test'])

  const rows = (await api.does('audit', '--zone', 'example.test')).split('\n')
  ok(/admin 127\.0\.0\.1 +delete +dns_record +example\.test +_dmarc\.example\.test TXT/.test(rows[1]) && rows.some(r => /update .*content 192\.0\.2\.1 -> 192\.0\.2\.3/.test(r)), rows.join('\n'))

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

scene('help at every level, completion, the manual page', async s => {
  const words = async (...line) => (await command(['completion', 'words', '--', String(line.length), 'seawall', ...line])).out.trim().split('\n')
  ok((await words('rec')).includes('records'))
  eq(await words('records', 'ex'), ['export'])
  eq(await words('records', 'list', 'example.test', '--ty'), ['--type'])
  ok((await words('records', 'list', 'example.test', '--type', 'T')).includes('TXT'))
  ok((await words('rules', 'add', 'example.test', 'cu')).includes('custom'))
  ok((await words('serve', '--')).includes('--check'))
  const dir = s.folder()
  fs.writeFileSync(path.join(dir, 'zsh'), `autoload -U compinit; compinit -D -d ${dir}/dump\nsource <("$1" completion zsh)\ncompadd() { print -l -- "\${offered[@]}"; }\nwords=("$1" rules add x.test re); CURRENT=5; _seawall\nprint $_comps[seawall]\n`)
  fs.writeFileSync(path.join(dir, 'bash'), 'source <("$1" completion bash); COMP_WORDS=("$1" rules add x.test re); COMP_CWORD=4; _seawall; printf "%s\\n" "${COMPREPLY[@]}"; complete -p seawall | sed "s/.*-F \\(.*\\) seawall/\\1/"\n')
  for (const shell of [['bash'], ['zsh', '-f']]) {
    const out = execFileSync(shell[0], [...shell.slice(1), path.join(dir, shell[0]), PROGRAM], { encoding: 'utf8', env: { ...process.env, HOME: dir } })
    eq(out.trim().split('\n'), ['redirect', 'rewrite', 'request-headers', 'response-headers', '_seawall'])
  }
  for (const args of [['--help'], ['zones', '--help'], ['zones', 'create', '--help'], ['help', 'records'], ['help', 'records', 'add'], ['man']]) {
    const r = await command(args)
    eq([r.status, r.out.length > 200, r.err], [0, true, ''], args.join(' '))
  }
  ok(/did you mean "records"/.test((await command(['record'])).err))
  const edge = await edgeWithApi(s)
  await edge.api.does('zones', 'create', 'example.test')
  eq((await edge.api.does('completion', 'words', '--', '3', 'seawall', 'records', 'list', 'ex')).trim(), 'example.test')
})
