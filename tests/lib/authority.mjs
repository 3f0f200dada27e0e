// SPDX-License-Identifier: Apache-2.0
// A small certification authority for origins, and leaves of it, by openssl.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

/**
 * dir: a folder for its files (s.folder()). file: its root in PEM, for [origin] ca_file. leaf(name, options) gives
 * { key, cert } for tls.createServer: hosts (names), days (negative: expired), self (self-signed), through (an
 * intermediate, which is part of cert unless chain is false), client (for clients instead of servers).
 */
export function authority (dir) {
  const ssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  const key = name => ssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`)
  const read = name => fs.readFileSync(path.join(dir, name))
  const sign = (name, by, ext, days) => {
    fs.writeFileSync(path.join(dir, `${name}.ext`), ext)
    ssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`)
    ssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial', '-extfile', `${name}.ext`, '-days', String(days), '-out', `${name}.pem`)
  }
  fs.chmodSync(dir, 0o755) // the edge reads ca.pem as another user
  key('ca')
  ssl('req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=Test CA', '-days', '2', '-out', 'ca.pem')
  return {
    file: path.join(dir, 'ca.pem'),
    root: read('ca.pem'),
    leaf (name, { hosts = [name], days = 1, self = false, through, chain = true, client = false } = {}) {
      const san = `subjectAltName=${hosts.map(h => `DNS:${h}`).join(',')}`
      key(name)
      if (through && !fs.existsSync(path.join(dir, `${through}.pem`))) {
        key(through)
        sign(through, 'ca', 'basicConstraints=critical,CA:TRUE', 2)
      }
      if (self) ssl('req', '-x509', '-new', '-key', `${name}.key`, '-subj', '/CN=x', '-addext', san, '-days', '1', '-out', `${name}.pem`)
      else sign(name, through ?? 'ca', client ? `${san}\nextendedKeyUsage=clientAuth` : san, days)
      const cert = read(`${name}.pem`)
      return { key: read(`${name}.key`), cert: through && chain ? Buffer.concat([cert, read(`${through}.pem`)]) : cert }
    }
  }
}
