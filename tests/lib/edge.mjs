// SPDX-License-Identifier: Apache-2.0
// The edge: `seawall serve` with a configuration and a plan in a folder of its own.
import fs from 'node:fs'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Client } from './client.mjs'
import { freePort, inTime, waitFor } from './wait.mjs'

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
export const PROGRAM = path.resolve(ROOT, process.env.SEAWALL_BIN || 'build/seawall')
const TROUBLE = /ERROR: AddressSanitizer|ERROR: LeakSanitizer|WARNING: ThreadSanitizer|runtime error:|panic/

/** INI text of { section: { key: value } }; a list becomes "a, b". */
export const ini = config => Object.entries(config).map(([section, keys]) => `[${section}]\n` +
  Object.entries(keys).filter(([, v]) => v !== undefined).map(([k, v]) => `${k} = ${[].concat(v).join(', ')}\n`).join('')).join('\n')

/**
 * A plan item of kind zone. hosts: { name: origins or host object }, where an origin is an Origin or "address:port".
 * Everything else in `more` is put into the item as it is.
 */
export function zone (name, hosts, more = {}) {
  const address = o => typeof o === 'string' ? o : o.address
  return {
    kind: 'zone',
    name,
    hosts: Object.entries(hosts).map(([host, what]) => {
      const h = Array.isArray(what) || typeof what === 'string' || what.address ? { origins: [].concat(what) } : what
      return { name: host, ...h, origins: h.origins?.map(address) }
    }),
    ...more
  }
}

/**
 * Options: hosts (as for zone(), in a zone named `zone`), more (other members of that zone), plan (further items),
 * https (true: a listener for HTTPS too, edge.securePort), config ({ section: { key } }, over the defaults), listen (more addresses for http; PORT stands for the edge's port), args (more arguments of serve), env, inside (a command that the program is started by, and becomes it: ['nsenter', …]), trouble (true: do not fail
 * when the program complains, for tests that provoke it), api (true: with an API; zones become active at once, origins
 * may be private; see call()).
 */
export class Edge {
  constructor (dir, options = {}) {
    this.dir = dir
    this.options = options
    this.output = ''
    this.items = new Map()
    this.child = null
  }

  async prepare () {
    const o = this.options
    this.port ??= await freePort()
    fs.chmodSync(this.dir, 0o777) // started by root, the processes run as somebody else
    for (const d of ['plan', 'data']) fs.mkdirSync(path.join(this.dir, d), { recursive: true })
    if (o.hosts) this.plan(zone(o.zone || 'test', o.hosts, o.more))
    for (const item of o.plan || []) this.plan(item)
    const config = {
      node: { name: 'edge-under-test', data: path.join(this.dir, 'data') },
      listen: { http: [`127.0.0.1:${this.port}`, ...(o.listen || []).map(a => a.replace('PORT', this.port))] },
      plan: { folder: path.join(this.dir, 'plan') },
      log: { access: path.join(this.dir, 'access.log') }
    }
    if (o.https) config.listen.https = `127.0.0.1:${this.securePort ??= await freePort()}`
    if (o.api) {
      config.listen.api = '127.0.0.1:0'
      config.edge = { activation: 'immediate', addresses: '127.0.0.1, ::1', nameservers: 'ns1.edge.test, ns2.edge.test' }
      config.origin = { allow_private: 'yes' }
    }
    for (const [section, keys] of Object.entries(o.config || {})) config[section] = { ...config[section], ...keys }
    this.configFile = path.join(this.dir, 'seawall.conf')
    fs.writeFileSync(this.configFile, ini(config))
  }

  /** Writes or replaces one plan item, whole or not at all. */
  plan (item) {
    const file = path.join(this.dir, 'plan', `${item.kind}-${item.name}.json`)
    fs.writeFileSync(file + '.new', JSON.stringify(item, null, 1))
    fs.renameSync(file + '.new', file)
    this.items.set(file, item)
    return item
  }

  /** Takes a plan item away. */
  unplan (item) {
    const file = path.join(this.dir, 'plan', `${item.kind}-${item.name}.json`)
    fs.unlinkSync(file)
    this.items.delete(file)
  }

  /** The first host of the plan: what requests ask for unless they say otherwise. */
  get host () { return [...this.items.values()].find(i => i.hosts?.length)?.hosts[0].name ?? 'localhost' }

  /** Starts the program; ready when the host's own trace page answers. */
  async start ({ ready = true } = {}) {
    if (!this.configFile) await this.prepare()
    this.exit = null
    const [program, ...words] = [...this.options.inside || [], PROGRAM, 'serve', '--config', this.configFile, ...(this.options.args || [])]
    this.child = spawn(program, words,
      { cwd: this.dir, env: { ...process.env, ...this.options.env }, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const out of [this.child.stdout, this.child.stderr]) out.on('data', d => { this.output += d })
    this.ended = new Promise(resolve => {
      this.child.once('error', e => { this.output += e.message; resolve(this.exit = { status: null, signal: null }) })
      this.child.once('close', (status, signal) => resolve(this.exit = { status, signal }))
    })
    if (ready) await this.ready()
    return this
  }

  async ready () {
    await waitFor(async () => {
      if (this.exit) return true
      if (this.options.api) return (await this.apiReady()) && (this.items.size === 0 || (await this.get('/cdn-cgi/trace', { within: 1000 })).status === 200)
      const r = await this.get('/cdn-cgi/trace', { within: 1000 })
      return r.status === 200
    }, { within: 10000, every: 20, what: 'the edge to answer' }).catch(e => { throw new Error(`${e.message}\n${this.output}`) })
    if (this.exit) throw new Error(`seawall serve ended at once with ${JSON.stringify(this.exit)}\n${this.output}`)
  }

  /** What the program really listens on: { http: ["127.0.0.1:8080"], dns, api … }. */
  listening () { return JSON.parse(fs.readFileSync(path.join(this.dir, 'data/run/listen.json'), 'utf8')) }

  /** The API answers: sets api ("http://127.0.0.1:9"), base (api + "/client/v4") and token (the administrator's). */
  async apiReady () {
    if (!fs.existsSync(path.join(this.dir, 'data/run/listen.json'))) return false
    this.api = `http://${this.listening().api[0]}`
    this.base = `${this.api}/client/v4`
    this.token = fs.readFileSync(path.join(this.dir, 'data/admin.token'), 'utf8').trim()
    return (await fetch(`${this.api}/healthz`, { signal: AbortSignal.timeout(5000) })).ok
  }

  /**
   * One call of the API: edge.call('POST', '/zones', { name: 'example.test' }). The answer: status, headers, and the
   * members of the envelope (result, success, errors, messages, result_info), or text when it is none. options:
   * token (null: none), headers, raw (a body that is sent as it is).
   */
  async call (method, target, body, { token = this.token, headers = {}, raw } = {}) {
    const r = await fetch(target.startsWith('/client/') || target === '/metrics' || target === '/healthz' ? this.api + target : this.base + target, {
      method,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body !== undefined ? { 'content-type': 'application/json' } : {}), ...headers },
      body: raw ?? (body !== undefined ? JSON.stringify(body) : undefined),
      signal: AbortSignal.timeout(30000)
    })
    const text = await r.text()
    let envelope = {}
    try { envelope = JSON.parse(text) } catch { /* not JSON */ }
    return { status: r.status, headers: r.headers, text, ...envelope }
  }

  /** Waits for the program to end by itself and gives { status, signal }. */
  done (within = 10000) { return inTime(this.ended, within, `the end of seawall serve\n${this.output}`) }

  /** A new connection; see Client.connect for the options. secure: over TLS, with the node's own authority as the one that counts. */
  connect ({ secure, ...options } = {}) {
    if (!secure) return Client.connect({ port: this.port, host: this.host, ...options })
    return Client.connect({ port: this.securePort, host: this.host, ...options, secure: { ca: this.authority(), ...secure } })
  }

  /** The root of the node's own authority, PEM. */
  authority () { return fs.readFileSync(path.join(this.dir, 'data/run/ca.pem'), 'utf8') }

  /** Waits until handshakes for the host succeed. */
  secured (host = this.host, within = 5000) {
    return waitFor(async () => { (await this.connect({ secure: {}, host })).close(); return true }, { within, every: 10, what: `a certificate for ${host}` })
  }

  /** One request on a connection of its own. */
  async request (method, target, { from, secure, ...options } = {}) {
    const c = await this.connect({ from, secure, host: options.host ?? this.host })
    try { return await c.request(method, target, { ...options, headers: withClose(options.headers) }) } finally { c.close() }
  }

  get (target, options) { return this.request('GET', target, options) }

  /** Access log lines so far. */
  log () {
    const file = path.join(this.dir, 'access.log')
    if (!fs.existsSync(file)) return []
    const rows = fs.readFileSync(file, 'utf8').split('\n')
    rows.pop() // an unfinished line, or nothing
    return rows.map((row, i) => { try { return JSON.parse(row) } catch { throw new Error(`access.log line ${i + 1} is not JSON: ${row}`) } })
  }

  /** The first access log line for which test(line) is true, or whose members equal those of test; waits for it. */
  logged (test, within = 5000) {
    const fits = typeof test === 'function' ? test : l => Object.entries(test).every(([k, v]) => l[k] === v)
    return waitFor(() => this.log().find(fits), { within, what: `an access log line ${JSON.stringify(test) || test}` })
  }

  /** Process ids of the program and all below it, by /proc. */
  processes () {
    const parent = new Map()
    for (const pid of fs.readdirSync('/proc').filter(n => /^\d+$/.test(n))) {
      try { parent.set(Number(pid), Number(fs.readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')[1])) } catch { /* gone */ }
    }
    const ours = new Set([this.child.pid])
    for (let grew = true; grew;) {
      grew = false
      for (const [pid, up] of parent) if (ours.has(up) && !ours.has(pid)) { ours.add(pid); grew = true }
    }
    return [...ours].filter(pid => parent.has(pid))
  }

  signal (name) { this.child.kill(name) }

  /** Asks the program to end and checks how it went: status 0, no complaint of a sanitizer, no process left. */
  async stop ({ within = 15000 } = {}) {
    if (!this.child) return
    const family = this.exit ? [] : this.processes()
    if (!this.exit) this.child.kill('SIGTERM')
    let late = null
    try { await inTime(this.ended, within, 'seawall serve to end after SIGTERM') } catch (e) { late = e }
    if (!late) await waitFor(() => !family.some(running), { within: 2000 }).catch(() => {})
    const left = family.filter(running)
    for (const pid of left) { try { process.kill(pid, 'SIGKILL') } catch { /* gone meanwhile */ } }
    if (late) await inTime(this.ended, 5000, 'seawall serve to end after SIGKILL')
    this.child = null
    if (this.options.trouble) return
    if (late) throw new Error(`${late.message}\n${this.output}`)
    if (left.length) throw new Error(`processes left after seawall serve ended: ${left.join(' ')}\n${this.output}`)
    if (this.exit.status !== 0) throw new Error(`seawall serve ended with ${JSON.stringify(this.exit)}\n${this.output}`)
    if (TROUBLE.test(this.output)) throw new Error(`seawall serve complained:\n${this.output}`)
  }

  /** Ends it without a chance to tidy up: every process at once. */
  async kill () {
    for (const pid of this.processes()) { try { process.kill(pid, 'SIGKILL') } catch { /* gone */ } }
    await inTime(this.ended, 5000, 'the killed program to end')
    this.child = null
  }
}

/** Whether a process still runs; one that only waits to be reaped does not. */
export function running (pid) {
  try { return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'latin1')) } catch { return false }
}

function withClose (headers = {}) {
  return Array.isArray(headers) ? [...headers, ['Connection', 'close']] : { Connection: 'close', ...headers }
}
