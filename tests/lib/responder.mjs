// SPDX-License-Identifier: Apache-2.0
// An OCSP responder (RFC 6960) for tests: `openssl ocsp` over a list of the certificates that it knows, with the key of the
// authority that issued them.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { X509Certificate } from 'node:crypto'
import { waitFor } from './wait.mjs'

export class Responder {
  /** dir: a folder of its own; issuer: { cert, key } as PEM; minutes: how long an answer is good. */
  constructor (dir, port, issuer, { minutes = 60 } = {}) { Object.assign(this, { dir, port, issuer, minutes, output: '', child: null }) }

  file (name) { return path.join(this.dir, name) }

  async start () {
    fs.writeFileSync(this.file('issuer.pem'), this.issuer.cert)
    fs.writeFileSync(this.file('issuer.key'), this.issuer.key)
    if (!fs.existsSync(this.file('index.txt'))) fs.writeFileSync(this.file('index.txt'), '')
    this.child = spawn('openssl', ['ocsp', '-port', String(this.port), '-index', this.file('index.txt'), '-CA', this.file('issuer.pem'), '-rsigner', this.file('issuer.pem'), '-rkey', this.file('issuer.key'), '-nmin', String(this.minutes), '-timeout', '5'], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const s of [this.child.stdout, this.child.stderr]) s.on('data', d => { this.output += d })
    await waitFor(() => /waiting for OCSP/i.test(this.output), { within: 15000, what: `the OCSP responder\n${this.output}` })
    return this
  }

  /** Adds a certificate (PEM or DER), good or revoked, and begins again with the longer list. */
  async knows (certificate, { revoked = false } = {}) {
    const x = new X509Certificate(certificate)
    const time = t => new Date(t).toISOString().replace(/[-:T]/g, '').slice(2, 14) + 'Z'
    const row = [revoked ? 'R' : 'V', time(x.validTo), revoked ? time(Date.now() - 60000) : '', x.serialNumber, 'unknown', `/CN=${x.serialNumber}`].join('\t')
    const others = fs.readFileSync(this.file('index.txt'), 'utf8').split('\n').filter(l => l && l.split('\t')[3] !== x.serialNumber)
    fs.writeFileSync(this.file('index.txt'), [...others, row].join('\n') + '\n')
    await this.stop()
    this.output = ''
    await this.start()
  }

  stop () {
    const c = this.child
    if (!c || c.exitCode !== null || c.signalCode !== null) return
    return new Promise(resolve => { c.once('close', resolve); c.kill('SIGKILL') })
  }
}
