// SPDX-License-Identifier: Apache-2.0
// The official JavaScript client of Scalingo's API, by base URL: a session of an app's first day.
import http from 'node:http'
import { clientFromToken, Client } from 'scalingo'
import { waitFor } from '../../../lib/wait.mjs'

const app = 'first-app'
const status = async promise => { try { await promise } catch (e) { return e.status ?? e._status ?? e.response?.status } return 0 }

export default async function (step, world) {
  const base = `http://127.0.0.1:${world.port}`
  const urls = { apiUrl: base, authApiUrl: base }
  let c, variable, domain
  const own = async (method, path, body) => {
    const r = await fetch(`${base}/v1${path}`, { method, headers: { Authorization: `Bearer ${c._token}`, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) })
    return r.status === 204 ? r.status : { status: r.status, ...await r.json() }
  }
  const instances = await Promise.all(['one', 'two'].map(name => new Promise(resolve => {
    const server = http.createServer((q, r) => r.end(name)).listen(0, '127.0.0.1', () => resolve(server))
  })))

  await step('exchanges the token', async () => { c = await clientFromToken(world.token, urls); return c._token.split('.').length === 3 })
  await step('a wrong token is 401', async () => await status(clientFromToken('tk-us-nothing', urls)) === 401 && await status(new Client('no.jwt.this', urls).Apps.all()) === 401)
  await step('knows who it is', async () => { const u = await c.Users.self(); return u.id.startsWith('us-') && u.email.includes('@') && !u.flags.admin })
  await step('regions lead here', async () => { const r = await c.Regions.all(); return r.length === 1 && r[0].default === true && r[0].api === base })
  await step('creates an app', async () => { const a = await c.Apps.create({ name: app }); return a.name === app && a.status === 'new' && a.force_https === false })
  await step('another of that name is refused', async () => await status(c.Apps.create({ name: app })) === 422)
  await step('lists it', async () => (await c.Apps.all()).some(a => a.name === app))
  await step('an unknown one is 404', async () => await status(c.Apps.find('no-such-app')) === 404)
  await step('settings', async () => {
    await c.Apps.update(app, { force_https: true, router_logs: true })
    const a = await c.Apps.find(app)
    return a.force_https && a.router_logs && !a.sticky_session
  })
  await step('the stack has a name', async () => { const a = await c.Apps.find(app); return (await c.Stacks.list()).some(s => s.id === a.stack_id && s.deprecated_at === null) })
  await step('scales before anything is deployed', async () => { const r = await c.Containers.scale(app, [{ name: 'web', amount: 2 }]); return !r.operation && r.formation.find(t => t.name === 'web').amount === 2 })
  await step('registers two instances', async () => {
    for (const s of instances) if ((await own('POST', `/apps/${app}/instances`, { instance: { address: `127.0.0.1:${s.address().port}` } })).status !== 201) return false
    return (await c.Apps.find(app)).status === 'running'
  })
  await step('ps shows them', async () => (await c.Containers.processes(app)).map(p => `${p.label} ${p.state}`).join() === 'web-1 running,web-2 running')
  await step('scales down, and more than there are is refused', async () => {
    const r = await c.Containers.scale(app, [{ name: 'web', amount: 1, size: 'M' }])
    return r.operation.status === 'done' && (await c.Containers.processes(app)).length === 1 && await status(c.Containers.scale(app, [{ name: 'web', amount: 3 }])) === 422
  })
  await step('restarts', async () => { const o = await c.Containers.restart(app, []); return o.type === 'restart' && o.status === 'done' })
  await step('a restart of what is not there is refused', async () => await status(c.Containers.restart(app, ['worker'])) === 422)
  await step('has no autoscalers', async () => (await c.Autoscalers.for(app)).length === 0)
  await step('sizes', async () => (await c.Containers.availableSizes()).map(s => s.name).join() === 'S,M,L,XL,2XL,3XL')
  await step('a variable is made, changed, listed, deleted', async () => {
    variable = await c.Environment.create(app, { name: 'SECRET', value: 'one' })
    if ((await c.Environment.update(app, variable.id, 'two')).value !== 'two') return false
    if (!(await c.Environment.for(app)).some(v => v.name === 'SECRET' && v.value === 'two')) return false
    await c.Environment.destroy(app, variable.id)
    return (await c.Environment.for(app)).length === 0
  })
  await step('many variables at a time', async () => {
    const made = await c.Environment.bulkUpdate(app, [{ name: 'A', value: '1' }, { name: 'B', value: '2' }])
    await c.Environment.bulkDestroy(app, made.map(v => v.id))
    return made.length === 2 && (await c.Environment.for(app)).length === 0
  })
  await step('a bad name of a variable is refused', async () => await status(c.Environment.create(app, { name: '9', value: 'x' })) === 422)
  await step('adds a domain', async () => { domain = await c.Domains.create(app, { name: 'www.first.example' }); return domain.letsencrypt_status === 'new' && typeof domain.acme_dns_error === 'object' })
  await step('makes it canonical, and not', async () => (await c.Domains.update(app, domain.id, { canonical: true })).canonical && !(await c.Domains.update(app, domain.id, { canonical: false })).canonical)
  await step('the same domain again is refused', async () => await status(c.Domains.create(app, { name: 'WWW.first.example.' })) === 422)
  await step('removes it', async () => { await c.Domains.destroy(app, domain.id); return (await c.Domains.for(app)).length === 0 })
  await step('reads the log', async () => (await c.Logs.for(app, { count: 10 })).includes('[manager] restart'))
  await step('follows the log', async () => {
    const seen = []
    const listener = await c.Logs.listenerFor(app)
    listener.onLog(line => seen.push(line))
    await waitFor(() => listener._ws?.readyState === 1, { what: 'the WebSocket' })
    await c.Containers.restart(app, ['web'])
    await waitFor(() => seen.length > 0, { what: 'a line' })
    listener.close()
    return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} \+0000 UTC \[manager\] restart/.test(seen[0])
  })
  await step('archives', async () => { const r = await c.Logs.archives(app); return r.archives.length === 1 && (await (await fetch(r.archives[0].url)).text()).includes('[manager]') })
  await step('events', async () => { const r = await c.Events.for(app); return r.events.some(e => e.type === 'new_domain' && e.type_data.hostname === 'www.first.example') && r.meta.pagination.total_count === r.events.length })
  await step('deployments', async () => (await c.Deployments.for(app)).deployments.length === 2)
  await step('an API token is made, used, and deleted', async () => {
    const t = await c.Tokens.create('of a machine')
    const other = await clientFromToken(t.token, urls)
    if (!(await other.Apps.all()).some(a => a.name === app)) return false
    await c.Tokens.destroy(t.id)
    return await status(other.Apps.all()) === 401
  })
  await step('renames', async () => (await c.Apps.rename(app, app, 'second-app')).name === 'second-app' && await status(c.Apps.find(app)) === 404)
  await step('deletes', async () => { await c.Apps.destroy('second-app', 'second-app'); return !(await c.Apps.all()).some(a => a.name === 'second-app') })
  for (const s of instances) s.close()
}
