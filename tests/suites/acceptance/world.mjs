// SPDX-License-Identifier: Apache-2.0
// The actors: edge, platform, authority, the rest of the Domain Name System, and users. Addresses are of loopback in a namespace
// of its own, so that ports and names are those of the real world. Times are compressed: see LIMITS.
import { execFileSync, spawn } from 'node:child_process'
import dgram from 'node:dgram'
import fs from 'node:fs'
import http2 from 'node:http2'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '../../lib/client.mjs'
import { decode, query } from '../../lib/dns.mjs'
import { Edge } from '../../lib/edge.mjs'
import { Pebble } from '../../lib/pebble.mjs'
import { Resolver } from '../../lib/resolver.mjs'
import { command } from '../../lib/api.mjs'
import { waitFor, ms } from '../../lib/wait.mjs'

export const HERE = path.dirname(fileURLToPath(import.meta.url))
export const EDGE = '203.0.113.1'
/** Where requests of users come from, as the edge sees them. */
export const USER = '203.0.113.254'
export const PLATFORM = '198.51.100.1'
export const SUFFIX = 'scalingo.io'
export const DEFAULT = 'my-app.osc-fr1.scalingo.io'
/** A minute of the specification is this long here. */
export const MINUTE = 1000
let ready = false
const LIMITS = { domain_check_ms: MINUTE, domain_retry_ms: MINUTE, instance_drain_ms: 200, acme_weekly_max: 10000 }

/** Every name but those of zones that were delegated to the edge, whose answers are the edge's own. */
class Names extends Resolver {
  delegated = new Set()

  static async start () {
    const r = new Names()
    r.socket = dgram.createSocket('udp4')
    r.socket.on('message', async (m, from) => { const a = await r.reply(m).catch(() => null); if (a) r.socket.send(a, from.port, from.address) })
    await new Promise(resolve => r.socket.bind(53, '192.0.2.53', resolve))
    r.address = '192.0.2.53:53'
    return r
  }

  /** The registrar: names the zone's servers at the parent. */
  delegate (zone, servers) { this.set(zone, { NS: servers }); this.delegated.add(zone) }

  /** As a resolver does it: ask the zone's server, follow a CNAME that leads elsewhere. */
  async reply (m) {
    const labels = []
    let at = 12
    while (m[at]) { labels.push(m.toString('latin1', at + 1, at + 1 + m[at]).toLowerCase()); at += 1 + m[at] }
    const name = labels.join('.')
    const trap = this.traps?.get(name)
    if (trap) { this.set(name, { A: [trap()], ttl: 1 }); return this.answer(m) }
    const zone = [...this.delegated].find(z => name === z || name.endsWith('.' + z))
    const type = m.readUInt16BE(at + 1)
    if (!zone || (name === zone && type === 2)) return this.answer(m)
    const raw = await edgeAnswer(m)
    const d = decode(raw)
    const end = d.answer.at(-1)
    const target = end?.type === 'CNAME' && type !== 5 ? end.data.replace(/\.$/, '').toLowerCase() : null
    if (!target || !this.names.has(target)) return raw
    this.set(`chased ${name}`, { CNAME: target })
    const out = []
    this.records(target, type === 1 ? 'A' : 'AAAA', out)
    const ours = new Names()
    ours.set(name, { CNAME: target, ttl: 1 }).set(target, this.names.get(target))
    return ours.answer(m)
  }
}

const edgeAnswer = m => new Promise((resolve, reject) => {
  const s = dgram.createSocket('udp4')
  const timer = setTimeout(() => { s.close(); reject(new Error('the edge does not answer')) }, ms(2000))
  s.on('message', a => { clearTimeout(timer); s.close(); resolve(a) })
  s.send(m, 53, EDGE)
})

export class World {
  async start () {
    await this.network()
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-acceptance-'))
    fs.chmodSync(this.dir, 0o755)
    const folder = n => { const d = path.join(this.dir, n); fs.mkdirSync(d); fs.chmodSync(d, 0o755); return d }
    this.app = path.join(this.dir, 'app.mjs')
    fs.copyFileSync(path.join(HERE, 'app.mjs'), this.app)
    fs.chmodSync(this.app, 0o644)
    this.names = await Names.start()
    this.names.set(DEFAULT, { A: [PLATFORM], ttl: 1 }).set('com', { NS: ['a.gtld.test'] })
    this.pebble = new Pebble(folder('pebble'), { dns: this.names.address, http: 80, address: '192.0.2.80', validity: this.validity ?? 45 * 86400 })
    await this.pebble.start()
    this.root = path.join(this.dir, 'root.pem')
    fs.writeFileSync(this.root, await this.pebble.root())
    const acme = { directory: this.pebble.directory, ca_file: this.pebble.caFile, contact: 'ops@example.test' }
    this.edge = new Edge(folder('edge'), {
      api: true,
      inside: this.inside,
      config: {
        node: { name: 'edge', workers: 1 },
        listen: { http: `${EDGE}:80`, https: `${EDGE}:443`, dns: `${EDGE}:53`, api: `${EDGE}:8787` },
        edge: { activation: 'delegation', addresses: EDGE, nameservers: 'ns1.edge.test, ns2.edge.test' },
        resolver: { servers: this.names.address },
        origin: { ca_file: this.root, allow_private: 'no' },
        acme: { ...acme, challenge: 'dns' },
        limits: { dns_rate_per_s: 0, ...this.edgeLimits } // every visit asks for the name anew, from one address
      }
    })
    this.platform = new Edge(folder('platform'), {
      api: true,
      config: {
        node: { name: 'platform', workers: 1 },
        listen: { http: '127.0.0.1:8000', api: `${PLATFORM}:8787`, platform_http: `${PLATFORM}:80`, platform_https: `${PLATFORM}:443` },
        edge: { activation: 'immediate', addresses: '127.0.0.1', nameservers: 'ns1.platform.test, ns2.platform.test' },
        resolver: { servers: this.names.address },
        platform: { region: 'osc-fr1', suffix: SUFFIX, processes: 'yes', trusted_edges: EDGE },
        acme: { ...acme, challenge: 'http' },
        limits: { ...LIMITS, ...this.limits }
      }
    })
    await this.edge.start()
    await this.platform.start()
    await this.login()
  }

  /** The edge is a machine of its own, so that who asks whom can be told by addresses; everybody else is here. */
  async network () {
    const ip = (...words) => execFileSync('ip', words)
    this.house = spawn('unshare', ['-n', 'sleep', 'infinity'], { stdio: 'ignore' })
    const pid = String(this.house.pid)
    this.inside = ['nsenter', '-t', pid, '-n']
    const there = (...words) => execFileSync('nsenter', ['-t', pid, '-n', 'ip', ...words])
    const own = fs.readlinkSync('/proc/self/ns/net')
    await waitFor(() => fs.readlinkSync(`/proc/${pid}/ns/net`) !== own, { what: 'a network for the edge' })
    if (!ready) {
      ready = true
      ip('link', 'set', 'lo', 'up')
      for (const a of [PLATFORM, '198.51.100.2', '192.0.2.53', '192.0.2.80']) ip('addr', 'add', `${a}/32`, 'dev', 'lo')
    }
    ip('link', 'add', 'edge0', 'type', 'veth', 'peer', 'name', 'eth0')
    ip('link', 'set', 'eth0', 'netns', pid)
    ip('addr', 'add', `${USER}/24`, 'dev', 'edge0')
    ip('link', 'set', 'edge0', 'up')
    there('addr', 'add', `${EDGE}/24`, 'dev', 'eth0')
    there('link', 'set', 'eth0', 'up')
    there('link', 'set', 'lo', 'up')
    there('route', 'add', 'default', 'via', USER)
  }

  async login () {
    const r = await fetch(`${this.platform.api}/v1/tokens/exchange`, { method: 'POST', headers: { authorization: 'Basic ' + Buffer.from(`:${this.platform.token}`).toString('base64') } })
    this.bearer = (await r.json()).token
    if (!this.bearer) throw new Error(`no bearer: ${r.status}`)
  }

  /** Every node ends cleanly; nothing stays. */
  async stop () {
    const errors = []
    for (const f of [() => this.edge?.stop(), () => this.platform?.stop({ within: 45000 }), () => this.pebble?.stop(), () => this.names?.stop(), () => this.house?.kill('SIGKILL'), () => this.dir && fs.rmSync(this.dir, { recursive: true, force: true })]) {
      try { await f() } catch (e) { errors.push(e) }
    }
    if (errors.length) throw errors[0]
  }

  /** The platform's API: { status, json, text, location }. */
  async v1 (method, target, body, headers = {}) {
    const r = await fetch(`${this.platform.api}/v1${target}`, {
      method,
      headers: { authorization: `Bearer ${this.bearer}`, ...body !== undefined && { 'content-type': 'application/json' }, ...headers },
      body: body !== undefined ? JSON.stringify(body) : undefined,
      signal: AbortSignal.timeout(30000)
    })
    const text = await r.text()
    let json = null
    try { json = JSON.parse(text) } catch { /* none */ }
    return { status: r.status, json, text, location: r.headers.get('location') }
  }

  /** An operation of the app that must end well. */
  async operation (r) {
    if (r.status !== 202) throw new Error(`no operation: ${r.status} ${r.text}`)
    const id = r.location.split('/').at(-1)
    const o = await waitFor(async () => { const x = (await this.v1('GET', `/apps/my-app/operations/${id}`)).json.operation; return ['done', 'error'].includes(x.status) && x }, { within: 30000, every: 50, what: 'the operation to end' })
    if (o.status !== 'done') throw new Error(`the operation failed: ${o.error}`)
    return o
  }

  scale (formation) { return this.v1('POST', '/apps/my-app/scale', { containers: formation }).then(r => this.operation(r)) }
  restart (scope = []) { return this.v1('POST', '/apps/my-app/restart', { scope }).then(r => this.operation(r)) }
  async domain (name) { return (await this.v1('GET', '/apps/my-app/domains')).json.domains.find(d => d.name === name) }
  /** Waits until a domain's members are these. */
  domainIs (name, want, within = 20000) {
    let last
    return waitFor(async () => { last = await this.domain(name); return last && Object.entries(want).every(([k, v]) => last[k] === v) && last }, { within, every: 50, what: `${name} to be ${JSON.stringify(want)}` })
      .catch(e => { throw new Error(`${e.message}; it is ${JSON.stringify(last)}\n${this.platform.output.slice(-1500)}\n${this.pebble.output.slice(-1500)}`) })
  }

  /** The command line against the platform: { status, out, err }. */
  cli (...args) { return command(args, { env: { SEAWALL_CONFIG: this.platform.configFile } }) }
  async does (...args) {
    const r = await this.cli(...args)
    if (r.status !== 0) throw new Error(`seawall ${args.join(' ')} ended with ${r.status}\n${r.out}${r.err}`)
    return r.out
  }

  /** One call of the edge's API that must succeed; the result. */
  async zone (method, target, body) {
    const r = await this.edge.call(method, target, body)
    if (!r.success) throw new Error(`${method} ${target}: ${r.status} ${r.text.slice(0, 400)}`)
    return r.result
  }

  /** A question to the edge's name server, decoded. */
  async dig (name, type, options) { return decode(await edgeAnswer(query(name, type, options))) }

  /**
   * A request of a user, to the edge unless `at` says another address: { status, headers, text, json }. scheme: 'http' or
   * 'https', which verifies against the authority's root unless ca says another.
   */
  async get (url, { at, ca, insecure, method = 'GET', headers = {}, body, within } = {}) {
    const u = new URL(url)
    const secure = u.protocol === 'https:'
    const address = at ?? ((await this.resolve(u.hostname)) || EDGE)
    const c = await Client.connect({ port: secure ? 443 : 80, address, host: u.hostname, secure: secure ? insecure ? { rejectUnauthorized: false } : { ca: ca ?? fs.readFileSync(this.root) } : undefined })
    try {
      const r = await c.request(method, u.pathname + u.search, { headers: { ...headers, Connection: 'close' }, body, within })
      let json = null
      try { json = JSON.parse(r.text) } catch { /* none */ }
      return { status: r.status, headers: r.headers, text: r.text, json }
    } finally { c.close() }
  }

  async resolve (name) {
    const m = query(name, 'A', { flags: 0x0100 })
    const d = decode(await this.names.reply(m))
    return d.answer.filter(x => x.type === 'A').map(x => x.data)[0]
  }

  /** One GET over HTTP/2 at an address: { status, text }. */
  h2 (url, { at, ca }) {
    const u = new URL(url)
    return new Promise((resolve, reject) => {
      const c = http2.connect(`https://${at}`, { ca, servername: u.hostname, ALPNProtocols: ['h2'] })
      c.on('error', reject)
      const s = c.request({ ':path': u.pathname, ':authority': u.hostname })
      let text = ''; let status = 0
      s.on('response', h => { status = h[':status'] })
      s.on('data', d => { text += d })
      s.on('end', () => { c.close(); resolve({ status, text }) })
      s.on('error', reject)
      s.end()
    })
  }
}
