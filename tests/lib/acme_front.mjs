// SPDX-License-Identifier: Apache-2.0
// A front of pebble: everything passes, and what it sends is noted; the directory also has renewal information (RFC 9773) and
// names for CAA, which Debian's pebble lacks.
import fs from 'node:fs'
import https from 'node:https'
import path from 'node:path'

export class AcmeFront {
  /** pebble: started. identities: its names in CAA records. */
  constructor (pebble, { identities = [] } = {}) {
    Object.assign(this, { pebble, identities, orders: [], accounts: [], asked: [], window: null, retryAfter: 1 })
  }

  async start () {
    const file = n => fs.readFileSync(path.join(this.pebble.dir, n))
    this.server = https.createServer({ key: file('key.pem'), cert: file('cert.pem') }, (q, r) => this.take(q, r))
    await new Promise(resolve => this.server.listen(0, '127.0.0.1', resolve))
    this.base = `https://127.0.0.1:${this.server.address().port}`
    this.directory = `${this.base}/dir`
    return this
  }

  take (q, r) {
    if (q.url.startsWith('/ari/')) {
      this.asked.push(q.url.slice(5))
      r.writeHead(this.window ? 200 : 404, { 'Content-Type': 'application/json', 'Retry-After': String(this.retryAfter) })
      r.end(this.window ? JSON.stringify({ suggestedWindow: this.window, explanationURL: 'https://ca.test/why' }) : '{}')
      return
    }
    const body = []
    q.on('data', d => body.push(d))
    q.on('end', () => {
      const sent = Buffer.concat(body)
      // The host stays, so that what pebble signs and checks is this front's.
      const up = https.request({ host: '127.0.0.1', port: this.pebble.port, path: q.url, method: q.method, headers: q.headers, rejectUnauthorized: false }, a => {
        const got = []
        a.on('data', d => got.push(d))
        a.on('end', () => this.pass(q, sent, r, a, Buffer.concat(got)))
      })
      up.on('error', () => r.destroy())
      up.end(sent)
    })
  }

  pass (q, sent, r, a, got) {
    const headers = { ...a.headers }
    if (q.url === '/dir') {
      const dir = JSON.parse(got)
      this.newOrder = new URL(dir.newOrder).pathname
      this.newAccount = new URL(dir.newAccount).pathname
      got = Buffer.from(JSON.stringify({ ...dir, renewalInfo: `${this.base}/ari`, meta: { ...dir.meta, caaIdentities: this.identities } }))
    } else if (a.statusCode < 300 && [this.newOrder, this.newAccount].includes(q.url)) {
      const payload = JSON.parse(Buffer.from(JSON.parse(sent).payload, 'base64url'))
      ;(q.url === this.newOrder ? this.orders : this.accounts).push(payload)
    }
    delete headers['content-length']
    delete headers['transfer-encoding']
    r.writeHead(a.statusCode, { ...headers, 'Content-Length': got.length })
    r.end(q.method === 'HEAD' ? undefined : got)
  }

  stop () { this.server.closeAllConnections?.(); return new Promise(resolve => this.server.close(resolve)) }
}
