// SPDX-License-Identifier: Apache-2.0
// The command line for apps, with the grammar and the words that users of the seed platform know.
import fs from 'node:fs'
import path from 'node:path'
import { scene, eq, ok } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { waitFor } from '../lib/wait.mjs'

const node = s => edgeWithApi(s, { config: { platform: { region: 'osc-fr1', suffix: 'scalingo.test' } } })
const table = (...rows) => rows.join('\n') + '\n'

scene('an app from create to destroy', async s => {
  const { api } = await node(s)
  ok((await api.does('create', 'my-app')).startsWith("-----> App 'my-app' has been created\n"), 'create')
  eq(await api.does('apps'), table(
    '┌────────┬───────┬────────┬───────────────┐',
    '│  NAME  │ ROLE  │ STATUS │    PROJECT    │',
    '├────────┼───────┼────────┼───────────────┤',
    '│ my-app │ owner │ new    │ admin/default │',
    '└────────┴───────┴────────┴───────────────┘'))
  eq(await api.does('--app', 'my-app', 'force-https'), '-----> Force HTTPS has been enabled on my-app\n')
  eq(await api.does('-a', 'my-app', 'force-https', '-d'), '-----> Force HTTPS has been disabled on my-app\n')
  eq(await api.does('sticky-session', '--app', 'my-app'), '-----> Sticky session has been enabled on my-app\n')
  eq(await api.does('--app=my-app', 'router-logs'), '-----> Router logs have been disabled on my-app\n')
  eq(await api.does('--app', 'my-app', 'router-logs', '--enable'), '-----> Router logs have been enabled on my-app\n')
  eq(await api.does('completion', 'words', '--', '3', 'seawall', 'domains', '--app', 'my'), 'my-app\n')
  eq(await api.does('completion', 'words', '--', '2', 'seawall', '--app', 'my'), 'my-app\n')
  eq(await api.does('completion', 'words', '--', '3', 'seawall', '--app', 'my-app', 'domains-s'), 'domains-ssl\n')
  eq(await api.does('completion', 'words', '--', '4', 'seawall', '--app', 'my-app', 'domains-add', '--no'), '--no-letsencrypt\n')
  ok((await api.does('--app', 'my-app', 'apps-info')).includes('│ Sticky Session │ true '), 'apps-info')
  eq(await api.does('--app', 'my-app', 'rename', 'your-app', { input: 'my-app\n' }).then(out => out.split('\n').at(-2)), '       To confirm type the name of the application: -----> App my-app has been renamed to your-app')
  const no = await api.seawall('destroy', 'your-app', { input: 'no\n' })
  eq(no.status, 1)
  eq(await api.does('destroy', 'your-app', '--force'), '-----> App your-app has been deleted\n')
  const gone = await api.seawall('--app', 'your-app', 'apps-info')
  eq([gone.status, gone.err], [1, ' !     An error occurred:\n'])
  ok(gone.out.startsWith('       The app was not found'), gone.out)
})

scene('instances, scale, ps and restart', async s => {
  const { api } = await node(s)
  const app = (...args) => api.does('--app', 'my-app', ...args)
  await api.does('c', 'my-app')
  eq(await app('instances-add', '127.0.0.1:4001', 'localhost:4002'), '-----> Instance web-1 at 127.0.0.1:4001 has been registered\n-----> Instance web-2 at 127.0.0.1:4002 has been registered\n')
  eq(await app('scale', 'web:1'), 'Your application is being scaled to:\n  web: 1 - M\n')
  ok(/^Your application is being scaled to:\n {2}web: 2 - M\nStatus: {2}Done in \d+\.\d{3} seconds\nYour application has been scaled\.\n$/.test(await app('s', 'web:+1', '-s')), 'scale -s')
  ok(/│ web-2 │ running │ 127\.0\.0\.1:4002 │ M {4}│ \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d │/.test(await app('ps')), 'ps')
  eq(await app('scale'), table(
    '┌──────┬────────┬──────┬─────────┐',
    '│ NAME │ AMOUNT │ SIZE │ COMMAND │',
    '├──────┼────────┼──────┼─────────┤',
    '│ web  │ 2      │ M    │         │',
    '└──────┴────────┴──────┴─────────┘'))
  ok(/^Your application is being restarted\.\nStatus: {2}Done in/.test(await app('restart', 'web', '--synchronous')), 'restart')
  const more = await api.seawall('--app', 'my-app', 'scale', 'web:5')
  eq([more.status, more.err.split('\n')[0]], [1, ' !     422 Unprocessable Content'])
  ok(more.err.includes('* container-web-amount → there are 2 instances'), more.err)
  ok(more.out.includes('Your available process types are:'), more.out)
  for (const bad of [['scale', 'web'], ['scale', 'web:x'], ['scale', 'web:+1:L']]) eq((await api.seawall('--app', 'my-app', ...bad)).status, 2, bad.join(' '))
  eq(await app('instances-remove', '127.0.0.1:4002'), '-----> Instance 127.0.0.1:4002 has been removed\n')
  ok((await app('instances')).includes('│ web-1 │ 127.0.0.1:4001 │ running │ yes'), 'instances')
})

scene('domains', async s => {
  const { api } = await node(s)
  const app = (...args) => api.does('--app', 'my-app', ...args)
  await api.does('create', 'my-app')
  eq(await app('domains-add', 'example.com'), '-----> Domain example.com has been created, access your app at the following URL:\n\n       http://example.com\n')
  await app('domains-add', 'nole.example.com', '--no-letsencrypt')
  eq(await app('set-canonical-domain', 'example.com'), '-----> Canonical domain set to example.com\n')
  const list = (await app('domains')).split('\n')
  eq(list[1], '│      DOMAIN      │ TLS / SSL │ TLS SUBJECT │ LET \' S ENCRYPT CERTIFICATE │')
  ok(list[3].startsWith('│ example.com (*)  │ -         │             │ '), list[3])
  ok(list[4].startsWith('│ nole.example.com │ -         │             │ Disabled '), list[4])
  eq(list[6], '  (*) canonical domain')
  eq(await app('unset-canonical-domain'), '-----> Canonical domain disabled\n')
  const none = await api.seawall('--app', 'my-app', 'unset-canonical-domain')
  eq([none.status, none.err, none.out], [1, ' !     An error occurred:\n', '       unset canonical domain on app my-app: no canonical domain configured\n'])
  const twice = await api.seawall('--app', 'my-app', 'domains-add', 'example.com')
  eq([twice.status, twice.err], [1, ' !     422 Unprocessable Content\n* name → has already been taken\n'])
  ok((await api.seawall('--app', 'my-app', 'domains-remove', 'none.example.com')).out.includes("There is no such domain, please ensure you've added it correctly."), 'no such domain')
  eq(await app('domains-remove', 'nole.example.com'), '-----> The domain nole.example.com has been deleted\n')
})

scene('a certificate of our own', async s => {
  const edge = await node(s); const { api } = edge
  const { execFileSync } = await import('node:child_process')
  const file = name => path.join(edge.dir, name)
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', '/C=FR/CN=shop.example.com',
    '-addext', 'subjectAltName=DNS:shop.example.com', '-keyout', file('shop.key'), '-out', file('shop.crt')], { stdio: 'pipe' })
  const app = (...args) => api.does('--app', 'my-app', ...args)
  await api.does('create', 'my-app')
  await app('domains-add', 'shop.example.com', '--cert', file('shop.crt'), '--key', file('shop.key'))
  ok(/│ shop\.example\.com │ Valid until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC │ \/C=FR\/CN=shop\.example\.com │/.test(await app('domains')), 'table')
  eq(await app('domains-ssl', 'shop.example.com', 'disable'), '-----> SSL of shop.example.com has been disabled.\n')
  ok(/^-----> The certificate and key have been installed for shop\.example\.com \(Validity: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC\)\n$/.test(
    await app('domains-ssl', 'shop.example.com', '--cert', file('shop.crt'), '--key', file('shop.key'))), 'domains-ssl')
  await app('domains-add', 'other.example.com')
  const wrong = await api.seawall('--app', 'my-app', 'domains-ssl', 'other.example.com', '--cert', file('shop.crt'), '--key', file('shop.key'))
  eq([wrong.status, wrong.err], [1, ' !     422 Unprocessable Content\n* tlscert → is not for other.example.com\n'])
  // The key is nowhere in clear.
  const key = fs.readFileSync(file('shop.key'), 'utf8').split('\n')[1]
  for (const f of fs.readdirSync(path.join(edge.dir, 'data/state'))) ok(!fs.readFileSync(path.join(edge.dir, 'data/state', f), 'latin1').includes(key), f)
})

scene('variables', async s => {
  const edge = await node(s); const { api } = edge
  const app = (...args) => api.does('--app', 'my-app', ...args)
  await api.does('create', 'my-app')
  ok((await app('env-set', 'A=1', 'URL=postgres://u:p@h/d?x=y')).startsWith("-----> A has been set to '1'.\n-----> URL has been set to 'postgres://u:p@h/d?x=y'.\n"), 'env-set')
  fs.writeFileSync(path.join(edge.dir, 'vars'), '# a comment\nB=two words\n\nA=2\n')
  await app('env-set', '--file', path.join(edge.dir, 'vars'))
  eq(await app('env'), 'A=2\nB=two words\nURL=postgres://u:p@h/d?x=y\n')
  eq(await app('env-get', 'URL'), 'postgres://u:p@h/d?x=y\n')
  ok((await app('env-unset', 'A', 'B')).startsWith('-----> A has been unset.\n-----> B has been unset.\n'), 'env-unset')
  eq(await app('env'), 'URL=postgres://u:p@h/d?x=y\n')
  eq((await api.seawall('--app', 'my-app', 'env-get', 'NONE')).status, 1)
  for (const f of fs.readdirSync(path.join(edge.dir, 'data/state'))) ok(!fs.readFileSync(path.join(edge.dir, 'data/state', f), 'latin1').includes('postgres://'), f)
})

scene('logs: the newest lines, and those that come', async s => {
  const { api } = await node(s)
  await api.does('create', 'my-app')
  const none = await api.seawall('--app', 'my-app', 'logs')
  eq([none.status, none.err], [0, ' !     There is no log for this application\n'])
  await api.does('--app', 'my-app', 'instances-add', '127.0.0.1:4001')
  await api.does('--app', 'my-app', 'restart')
  const lines = (await api.does('--app', 'my-app', 'logs', '-n', '1')).trim().split('\n')
  ok(lines.length === 1 && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} \+0000 UTC \[manager\] restart, by /.test(lines[0]), lines.join('\n'))
  eq((await api.seawall('--app', 'my-app', 'logs', '-F', 'nothing')).status, 1)
  const followed = api.seawall('--app', 'my-app', 'logs', '-f', '-n', '0', '-F', 'manager', { within: 3000 }).catch(e => e)
  await waitFor(async () => {
    await api.does('--app', 'my-app', 'restart')
    const r = await Promise.race([followed, new Promise(resolve => setTimeout(resolve, 50))])
    return r instanceof Error && r.message.includes('[manager] restart')
  }, { within: 20000, what: 'a line that is followed' })
  ok((await api.does('--app', 'my-app', 'timeline')).includes(' - my-app - restart'), 'timeline')
})

scene('a login is remembered, and forgotten', async s => {
  const edge = await node(s); const { api } = edge
  const env = { HOME: edge.dir, SEAWALL_CONFIG: '' }
  delete env.SEAWALL_CONFIG
  const run = (...args) => api.seawall(...args, { env: { HOME: edge.dir, SEAWALL_CONFIG: path.join(edge.dir, 'no-such.conf') } })
  const bare = async (...args) => { const { command } = await import('../lib/api.mjs'); return command(args, { env }) }
  eq((await bare('apps')).status, 2)
  eq((await bare('login', '--api', `http://127.0.0.1:${api.port}`, '--api-token', 'wrong')).status, 3)
  const hello = await bare('login', '--api', `http://127.0.0.1:${api.port}`, '--api-token', api.token)
  eq([hello.status, hello.out], [0, '-----> Hello admin, nice to see you!\n'])
  eq(fs.statSync(path.join(edge.dir, '.config/seawall/login')).mode & 0o777, 0o600)
  eq((await bare('self')).out, '-----> You are logged in as admin (admin@seawall.internal)\n')
  ok((await bare('regions')).out.includes('│ osc-fr1 │ osc-fr1 │ http://127.0.0.1:'), 'regions')
  eq((await bare('apps', '--region', 'elsewhere')).status, 1)
  eq((await bare('zones', 'list')).status, 0)
  ok((await run('apps')).status !== 0, 'a configuration that was named goes before the login')
  eq((await bare('logout')).out, '-----> Credentials have been deleted.\n')
  eq((await bare('apps')).status, 2)
})
