// SPDX-License-Identifier: Apache-2.0
// A certificate authority for tests: Debian's pebble on loopback, with a certificate of its own for its API.
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { freePort, waitFor } from './wait.mjs'

export const hasPebble = () => { try { execFileSync('sh', ['-c', 'command -v pebble']); return true } catch { return false } }

export class Pebble {
  /**
   * dir: a folder of its own; dns: "address:port" of the name server that it asks; http, tls: the ports where it validates HTTP-01 and TLS-ALPN-01;
   * ocsp: the responder that its certificates name; validity: seconds that they are valid; address: where it listens; external: { key id: HMAC key } of those who may have an account;
   * nonceReject: per cent of good nonces that it refuses all the same (a client has to ask again; some do so once only).
   */
  constructor (dir, { dns, http = 5002, tls = 5001, ocsp = '', external, validity = 7776000, address = '127.0.0.1', nonceReject = 20 }) {
    Object.assign(this, { dir, dns, http, tls, ocsp, external, validity, address, nonceReject, output: '' })
  }

  async start () {
    const file = n => path.join(this.dir, n)
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=pebble test', '-addext', `subjectAltName=IP:${this.address}`, '-keyout', file('key.pem'), '-out', file('cert.pem')], { stdio: 'ignore' })
    this.caFile = file('cert.pem')
    fs.chmodSync(this.dir, 0o755) // the control process reads it as another user
    this.port = await freePort()
    this.management = await freePort()
    fs.writeFileSync(file('pebble.json'), JSON.stringify({ pebble: { listenAddress: `${this.address}:${this.port}`, managementListenAddress: `${this.address}:${this.management}`, certificate: file('cert.pem'), privateKey: file('key.pem'), httpPort: this.http, tlsPort: this.tls, ocspResponderURL: this.ocsp, certificateValidityPeriod: this.validity, externalAccountBindingRequired: Boolean(this.external), externalAccountMACKeys: this.external } }))
    this.child = spawn('pebble', ['-config', file('pebble.json'), '-dnsserver', this.dns], { env: { PATH: process.env.PATH, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: String(this.nonceReject) }, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const s of [this.child.stdout, this.child.stderr]) s.on('data', d => { this.output += d })
    this.directory = `https://${this.address}:${this.port}/dir`
    await waitFor(() => this.get(this.directory).then(r => r.status === 200, () => false), { within: 15000, what: 'pebble to answer' })
    return this
  }

  /** GET over its own certificate: { status, text }. */
  get (url) {
    return new Promise((resolve, reject) => {
      https.get(url, { ca: fs.readFileSync(this.caFile) }, r => {
        let text = ''
        r.on('data', d => { text += d })
        r.on('end', () => resolve({ status: r.statusCode, text }))
      }).on('error', reject)
    })
  }

  /** The root that its certificates chain to, PEM. */
  async root () { return (await this.get(`https://${this.address}:${this.management}/roots/0`)).text }

  /** The intermediate that signs, with its key, both PEM. */
  async intermediate () {
    return { cert: (await this.get(`https://${this.address}:${this.management}/intermediates/0`)).text, key: (await this.get(`https://${this.address}:${this.management}/intermediate-keys/0`)).text }
  }

  /** Certificates that it has issued. */
  get issued () { return (this.output.match(/Issued certificate serial/g) || []).length }

  stop () {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    return new Promise(resolve => { this.child.once('close', resolve); this.child.kill('SIGKILL') })
  }
}
