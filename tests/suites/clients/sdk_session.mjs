// SPDX-License-Identifier: Apache-2.0
// One session of the SDK, of any generation: zones, records, zone files, settings, rules, access rules, purge, tokens.
const collect = async list => { const all = []; for await (const x of list) all.push(x); return all }

/** Whether fn is refused with that status and, when given, that code. */
async function refused (fn, status, code) {
  try { await fn() } catch (e) {
    const codes = (e.errors ?? []).map(x => x.code)
    if (e.status === status && (!code || codes.includes(code))) return true
    throw new Error(`refused otherwise: ${e.status} ${JSON.stringify(e.errors)} ${e.message}`)
  }
  throw new Error('was not refused')
}

export default async function (step, world, sdk, name) {
  const Cloudflare = sdk.default
  const make = token => new Cloudflare({ apiToken: token, baseURL: world.base, maxRetries: 0 })
  const cf = make(world.token)
  let z, account

  await step('token verify', async () => (await cf.user.tokens.verify()).status === 'active')
  await step('a wrong token is refused', () => refused(() => make('x'.repeat(40)).zones.list(), 403))
  await step('accounts', async () => { account = (await collect(cf.accounts.list()))[0]; return /^[0-9a-f]{32}$/.test(account.id) })
  await step('user', async () => typeof (await cf.user.get()).id === 'string')
  await step('ips', async () => (await cf.ips.list()).ipv4_cidrs.includes('192.0.2.200/32'))

  await step('create a zone', async () => { z = await cf.zones.create({ name, account: { id: account.id }, type: 'full' }); return z.name === name && z.status === 'active' && z.name_servers.join() === 'ns1.seawall.test,ns2.seawall.test' })
  await step('the same zone again', () => refused(() => cf.zones.create({ name, account: { id: account.id } }), 400, 1061))
  await step('zone by id', async () => (await cf.zones.get({ zone_id: z.id })).name === name)
  await step('zone by name', async () => (await cf.zones.list({ name })).result.map(x => x.id).join() === z.id)
  await step('zones, all pages', async () => (await collect(cf.zones.list({ per_page: 5 }))).some(x => x.id === z.id))
  await step('zones of the account', async () => (await collect(cf.zones.list({ account: { id: account.id } }))).some(x => x.id === z.id))
  await step('no such zone: an empty list', async () => (await cf.zones.list({ name: 'absent.test' })).result.length === 0)
  await step('no such id', async () => { try { await cf.zones.get({ zone_id: '0'.repeat(32) }); return false } catch (e) { return [403, 404].includes(e.status) } })
  await step('activation check', async () => (await cf.zones.activationCheck.trigger({ zone_id: z.id })).id === z.id)
  await step('pause and resume', async () => (await cf.zones.edit({ zone_id: z.id, paused: true })).paused === true && (await cf.zones.edit({ zone_id: z.id, paused: false })).paused === false)

  await records(step, cf, z, name, sdk)
  await settings(step, cf, z)
  await rules(step, cf, z, name === 'sdk7.test')
  await tokens(step, cf, z, make, name)

  await step('purge, five forms', async () => {
    for (const form of [{ purge_everything: true }, { files: [`http://www.${name}/a.css`] }, { files: [{ url: `http://www.${name}/a.css`, headers: { Origin: 'https://x.test' } }] }, { tags: ['a', 'b'] }, { hosts: [`www.${name}`] }, { prefixes: [`www.${name}/img`] }]) {
      if ((await cf.cache.purge({ zone_id: z.id, ...form })).id !== z.id) return false
    }
  })
  await step('purge of two forms at once is refused', () => refused(() => cf.cache.purge({ zone_id: z.id, purge_everything: true, tags: ['a'] }), 400))
  await step('dnssec', async () => typeof (await cf.dns.dnssec.get({ zone_id: z.id })).status === 'string')
  await step('delete the zone', async () => (await cf.zones.delete({ zone_id: z.id })).id === z.id)
  await step('the zone is gone', async () => (await cf.zones.list({ name })).result.length === 0)
}

async function records (step, cf, z, name, sdk) {
  const r = cf.dns.records; const zone_id = z.id
  let rec; const made = []
  await step('create A', async () => { rec = await r.create({ zone_id, type: 'A', name: `sdk.${name}`, content: '192.0.2.5', ttl: 120, proxied: false, comment: 'made by the SDK' }); return rec.name === `sdk.${name}` && rec.ttl === 120 && rec.content === '192.0.2.5' && rec.comment === 'made by the SDK' && rec.proxiable === true })
  await step('the same again: 81058', () => refused(() => r.create({ zone_id, type: 'A', name: `sdk.${name}`, content: '192.0.2.5', ttl: 120 }), 400, 81058))
  await step('CNAME over A: 81053', () => refused(() => r.create({ zone_id, type: 'CNAME', name: `sdk.${name}`, content: 'x.example.net', ttl: 1 }), 400, 81053))
  await step('no address: 9005', () => refused(() => r.create({ zone_id, type: 'A', name: `bad.${name}`, content: 'not-an-ip', ttl: 120 }), 400, 9005))
  await step('TXT cannot be proxied: 9004', () => refused(() => r.create({ zone_id, type: 'TXT', name: `t.${name}`, content: 'x', ttl: 1, proxied: true }), 400, 9004))
  await step('edit', async () => (await r.edit(rec.id, { zone_id, type: 'A', name: `sdk.${name}`, content: '192.0.2.6', ttl: 300 })).content === '192.0.2.6')
  await step('update', async () => { const x = await r.update(rec.id, { zone_id, type: 'A', name: `sdk.${name}`, content: '192.0.2.7', ttl: 1, proxied: true }); return x.content === '192.0.2.7' && x.proxied === true && x.ttl === 1 && !x.comment })
  await step('get', async () => (await r.get(rec.id, { zone_id })).id === rec.id)
  const data = {
    SRV: { data: { priority: 10, weight: 5, port: 5060, target: 'sip.example.net' }, name: `_sip._tcp.${name}` },
    CAA: { data: { flags: 0, tag: 'issue', value: 'letsencrypt.org' }, name },
    TLSA: { data: { usage: 3, selector: 1, matching_type: 1, certificate: 'ab'.repeat(32) }, name: `_443._tcp.${name}` },
    SSHFP: { data: { algorithm: 4, type: 2, fingerprint: 'cd'.repeat(32) }, name: `host.${name}` },
    HTTPS: { data: { priority: 1, target: '.', value: 'alpn="h2"' }, name: `h.${name}` },
    MX: { content: 'mail.example.net', priority: 10, name },
    URI: { data: { weight: 5, target: 'http://example.net/' }, priority: 10, name: `_http._tcp.${name}` },
    NAPTR: { data: { order: 100, preference: 10, flags: 'S', service: 'SIP+D2U', regex: '', replacement: `_sip._udp.${name}` }, name: `n.${name}` }
  }
  for (const [type, body] of Object.entries(data)) await step(`create ${type}`, async () => { const x = await r.create({ zone_id, type, ttl: 300, ...body }); return x.type === type && (await r.delete(x.id, { zone_id })).id === x.id })
  await step('30 records over pages of 10', async () => { for (let i = 0; i < 30; i++) made.push((await r.create({ zone_id, type: 'TXT', name: `p${i}.${name}`, content: `"v${i}"`, ttl: 60 })).id); const seen = new Set((await collect(r.list({ zone_id, type: 'TXT', per_page: 10 }))).map(x => x.id)); return made.every(x => seen.has(x)) })
  await step('list by exact name', async () => (await r.list({ zone_id, name: { exact: `p7.${name}` } })).result.length === 1)
  await step('list: contains, startswith, order', async () => { const l = (await r.list({ zone_id, name: { startswith: 'p2' }, order: 'name', direction: 'desc' })).result.map(x => x.name); return l.length === 11 && l[0] === `p29.${name}` })
  await step('batch', async () => {
    const b = await r.batch({ zone_id, deletes: made.slice(0, 3).map(id => ({ id })), patches: [{ id: made[3], content: '"patched"' }], posts: [{ type: 'A', name: `b.${name}`, content: '192.0.2.77', ttl: 60 }] })
    made.push(b.posts[0].id); return b.deletes.length === 3 && b.patches[0].content.includes('patched') && b.posts[0].content === '192.0.2.77'
  })
  await step('a batch with one mistake does nothing', async () => { await refused(() => r.batch({ zone_id, posts: [{ type: 'A', name: `c.${name}`, content: '192.0.2.78', ttl: 60 }, { type: 'A', name: `d.${name}`, content: 'nonsense', ttl: 60 }] }), 400); return (await r.list({ zone_id, name: { exact: `c.${name}` } })).result.length === 0 })
  await step('export as a zone file', async () => { const text = await r.export({ zone_id }); return text.includes('192.0.2.7') && text.includes('patched') })
  await step('import a zone file', async () => { const x = await r.import({ zone_id, file: await sdk.toFile(Buffer.from(`imp.${name}. 60 IN A 192.0.2.90\n`), 'zone.txt') }); return x.recs_added === 1 && (await r.list({ zone_id, name: { exact: `imp.${name}` } })).result[0].content === '192.0.2.90' })
  await step('delete', async () => { for (const id of made.slice(3)) await r.delete(id, { zone_id }) })
  await step('deleted: 404, 81044', () => refused(() => r.get(made[3], { zone_id }), 404, 81044))
}

async function settings (step, cf, z) {
  const s = cf.zones.settings; const zone_id = z.id
  const round = (id, value) => step(`setting ${id}`, async () => { await s.edit(id, { zone_id, value }); return JSON.stringify((await s.get(id, { zone_id })).value) === JSON.stringify(value) })
  await round('browser_cache_ttl', 7200)
  await round('cache_level', 'basic')
  await round('always_online', 'on')
  await round('development_mode', 'on')
  await step('a value out of range is refused', () => refused(() => s.edit('cache_level', { zone_id, value: 'sometimes' }), 400))
  await step('an unknown setting is refused', () => refused(() => s.get('no_such_setting', { zone_id }), 400))
}

async function rules (step, cf, z, newest) {
  const zone_id = z.id; let set
  const phase = 'http_request_firewall_custom'
  // The newest generation names the rule first, the one before the ruleset.
  const change = (verb, id, body) => newest ? cf.rulesets.rules[verb](id, { ruleset_id: set.id, zone_id, ...body }) : cf.rulesets.rules[verb](set.id, id, { zone_id, ...body })
  await step('no entry point yet: 404', async () => { try { await cf.rulesets.phases.get(phase, { zone_id }); return false } catch (e) { return e.status === 404 } })
  await step('entry point with two rules', async () => { set = await cf.rulesets.phases.update(phase, { zone_id, rules: [{ action: 'block', expression: 'http.request.uri.path eq "/secret"', description: 'no', ref: 'a' }, { action: 'log', expression: 'http.host contains "x"' }] }); return set.rules.length === 2 && set.phase === phase && set.rules[0].ref === 'a' && set.kind === 'zone' })
  await step('a wrong expression is refused', () => refused(() => cf.rulesets.phases.update(phase, { zone_id, rules: [{ action: 'block', expression: 'http.host eq' }] }), 400))
  await step('append, change and take away a rule', async () => {
    let x = await cf.rulesets.rules.create(set.id, { zone_id, action: 'block', expression: 'ip.src eq 192.0.2.1' })
    const id = x.rules[2].id
    x = await change('edit', id, { action: 'block', expression: 'ip.src eq 192.0.2.2' })
    if (x.rules[2].expression !== 'ip.src eq 192.0.2.2') return false
    x = await change('delete', id, {})
    return x.rules.length === 2
  })
  await step('list of rulesets', async () => (await collect(cf.rulesets.list({ zone_id }))).some(x => x.id === set.id))
  await step('origin rule with a port', async () => (await cf.rulesets.phases.update('http_request_origin', { zone_id, rules: [{ action: 'route', expression: 'true', action_parameters: { origin: { port: 3000 } } }] })).rules[0].action_parameters.origin.port === 3000)
  await step('cache rule', async () => (await cf.rulesets.phases.update('http_request_cache_settings', { zone_id, rules: [{ action: 'set_cache_settings', expression: 'true', action_parameters: { cache: true, edge_ttl: { mode: 'override_origin', default: 60 } } }] })).rules[0].action_parameters.edge_ttl.default === 60)
  await step('access rule', async () => { const a = await cf.firewall.accessRules.create({ zone_id, mode: 'block', configuration: { target: 'ip', value: '203.0.113.9' }, notes: 'sdk' }); return (await collect(cf.firewall.accessRules.list({ zone_id }))).some(x => x.id === a.id) && (await cf.firewall.accessRules.delete(a.id, { zone_id })).id === a.id })
}

async function tokens (step, cf, z, make, name) {
  let token, group
  await step('permission groups', async () => { const g = await collect(cf.user.tokens.permissionGroups.list()); group = g.find(x => x.name === 'DNS Write'); return !!group })
  await step('a token for one zone', async () => {
    token = await cf.user.tokens.create({ name: `sdk ${name}`, policies: [{ effect: 'allow', permission_groups: [{ id: group.id }], resources: { [`com.cloudflare.api.account.zone.${z.id}`]: '*' } }] })
    return token.value.length >= 40
  })
  await step('it sees that zone only, and no error', async () => { const mine = make(token.value); return (await collect(mine.zones.list())).map(x => x.id).join() === z.id && (await mine.zones.list({ name: 'python.test' })).result.length === 0 })
  await step('it may write records, not settings', async () => {
    const mine = make(token.value); const x = await mine.dns.records.create({ zone_id: z.id, type: 'A', name: `tok.${name}`, content: '192.0.2.8', ttl: 60 })
    await mine.dns.records.delete(x.id, { zone_id: z.id })
    return await refused(() => mine.zones.settings.edit('cache_level', { zone_id: z.id, value: 'basic' }), 403)
  })
  await step('roll: the old text is worth nothing', async () => { const value = await cf.user.tokens.value.update(token.id, { body: {} }).catch(() => cf.user.tokens.value.update(token.id)); const text = value.value ?? value; await refused(() => make(token.value).zones.list(), 403); return (await make(String(text)).user.tokens.verify()).status === 'active' })
  await step('delete the token', async () => (await cf.user.tokens.delete(token.id)).id === token.id)
}
