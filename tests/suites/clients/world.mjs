// SPDX-License-Identifier: Apache-2.0
// What clients find: a node with its API, and api.cloudflare.com as far as they can see: a mount namespace of their own in
// which /etc/hosts and the certificate bundle are ours, and TLS in front of the API with a certificate from a CA of the
// test. Bytes pass that front as they are.
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { spawn, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Edge } from '../../lib/edge.mjs'
import { freePort, ms, waitFor } from '../../lib/wait.mjs'

export const HERE = path.dirname(fileURLToPath(import.meta.url))
export const NAME = 'api.cloudflare.com'
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt'

export class World {
  constructor () {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-clients-'))
    fs.chmodSync(this.dir, 0o755)
    this.requests = 0
  }

  async start () {
    this.packages()
    const dir = path.join(this.dir, 'node')
    fs.mkdirSync(dir)
    this.port = await freePort()
    this.dns = await freePort()
    this.edge = new Edge(dir, {
      config: {
        listen: { api: `127.0.0.1:${this.port}`, dns: `127.0.0.1:${this.dns}` },
        edge: { addresses: '192.0.2.200, 2001:db8::200', nameservers: 'ns1.seawall.test, ns2.seawall.test', activation: 'immediate' },
        origin: { allow_private: 'true' }
      }
    })
    await this.edge.start()
    this.base = `http://127.0.0.1:${this.port}/client/v4`
    const file = path.join(dir, 'data/admin.token')
    this.tokenFile = file
    this.token = (await waitFor(() => fs.existsSync(file) && fs.readFileSync(file, 'utf8'), { what: file })).trim()
    await waitFor(async () => (await this.api('GET', '/user/tokens/verify')).success, { what: 'the API to answer' })
    await this.front()
  }

  /** The packages of npm, as package-lock.json names them. */
  packages () {
    const lock = fs.readFileSync(path.join(HERE, 'package-lock.json'), 'utf8')
    const stamp = path.join(HERE, 'node_modules/.lock-seen')
    if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === lock) return
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', HERE], { stdio: 'pipe' })
    fs.writeFileSync(stamp, lock)
  }

  /** One call of the API, its envelope. */
  async api (method, target, body) {
    const r = await fetch(this.base + target, {
      method, headers: { Authorization: `Bearer ${this.token}`, ...body && { 'Content-Type': 'application/json' } }, body: body && JSON.stringify(body)
    })
    return await r.json()
  }

  /** A new zone, its object. */
  async zone (name) {
    const r = await this.api('POST', '/zones', { name, type: 'full' })
    if (!r.success) throw new Error(`zone ${name}: ${JSON.stringify(r.errors)}`)
    return r.result
  }

  /** The records of a zone, "name type content" in order. */
  async records (zone, filter = '') {
    return (await this.api('GET', `/zones/${zone}/dns_records?per_page=500${filter}`)).result.map(r => `${r.name} ${r.type} ${r.content}`).sort()
  }

  // ---- as api.cloudflare.com

  openssl (...args) { execFileSync('openssl', args, { cwd: this.dir, stdio: 'pipe' }) }

  async front () {
    const file = n => path.join(this.dir, n)
    fs.writeFileSync(file('leaf.ext'), `subjectAltName=DNS:${NAME}\nextendedKeyUsage=serverAuth\n`)
    this.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=test of clients',
      '-keyout', 'ca.key', '-out', 'ca.pem', '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign')
    this.openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${NAME}`, '-keyout', 'leaf.key', '-out', 'leaf.csr')
    this.openssl('x509', '-req', '-in', 'leaf.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'leaf.ext', '-out', 'leaf.pem')
    this.ca = file('ca.pem')
    fs.writeFileSync(file('bundle.pem'), (fs.existsSync(BUNDLE) ? fs.readFileSync(BUNDLE, 'utf8') : '') + fs.readFileSync(this.ca, 'utf8'))
    this.frontServer = tls.createServer({ key: fs.readFileSync(file('leaf.key')), cert: fs.readFileSync(file('leaf.pem')) }, visitor => {
      this.requests++
      const api = net.connect(this.port, '127.0.0.1')
      for (const [a, b] of [[visitor, api], [api, visitor]]) { a.on('error', () => b.destroy()); a.pipe(b) }
    })
    this.frontServer.on('tlsClientError', e => { this.tlsError = e.message })
    for (let i = 0; ; i++) {
      this.address = `127.${64 + Math.floor(Math.random() * 128)}.${Math.floor(Math.random() * 256)}.${1 + Math.floor(Math.random() * 254)}`
      const bad = await new Promise(resolve => {
        this.frontServer.once('error', resolve)
        this.frontServer.listen(443, this.address, () => resolve(null))
      })
      if (!bad) break
      if (i > 20) throw bad
    }
    fs.writeFileSync(file('hosts'), `127.0.0.1 localhost\n${this.address} ${NAME}\n`)
  }

  /** Why a client cannot be given an api.cloudflare.com here, or null. */
  cannotPretend () {
    try { execFileSync('unshare', ['-m', 'true'], { stdio: 'pipe' }); return null } catch (e) { return 'unshare -m is not permitted here' }
  }

  /** Runs a command that shall take us for api.cloudflare.com. */
  asCloudflare (command, args, options = {}) {
    const script = `mount --make-rprivate / && mount --bind "${this.dir}/hosts" /etc/hosts && mount --bind "${this.dir}/bundle.pem" ${BUNDLE} && exec "$@"`
    return this.command('unshare', ['-m', 'sh', '-c', script, 'sh', command, ...args], options)
  }

  /** Runs a command to its end: { status, out }. Fails when it takes too long; an unexpected status fails too (status: null: any). */
  command (program, args, { env = {}, cwd = this.dir, within = 60000, status = 0, input } = {}) {
    const home = path.join(this.dir, 'home')
    fs.mkdirSync(home, { recursive: true })
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { cwd, env: { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', ...env }, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
      let out = ''
      const timer = setTimeout(() => { try { process.kill(-child.pid, 'SIGKILL') } catch { /* gone */ } reject(Object.assign(new Error(`${program} did not end`), { output: out })) }, ms(within))
      for (const s of [child.stdout, child.stderr]) s.on('data', d => { out += d })
      child.on('error', e => { clearTimeout(timer); reject(e) })
      child.on('close', (code, signal) => {
        clearTimeout(timer)
        if (status !== null && code !== status) reject(Object.assign(new Error(`${program} ended with ${code ?? signal}, not ${status}`), { output: out }))
        else resolve({ status: code, out })
      })
      child.stdin.end(input ?? '')
    })
  }

  has (program) {
    try { execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'pipe' }); return true } catch { return false }
  }

  write (name, text, mode = 0o600) {
    const file = path.join(this.dir, name)
    fs.writeFileSync(file, text, { mode })
    return file
  }

  /** The node ended well, whatever the clients did. */
  async check () { const e = this.edge; this.edge = null; await e.stop() }

  async stop () {
    if (this.edge) await this.edge.kill().catch(() => {})
    this.frontServer?.close()
    fs.rmSync(this.dir, { recursive: true, force: true })
  }
}
