// SPDX-License-Identifier: Apache-2.0
// Caddy's acme_server as a second authority. It validates at the real ports and asks the system's resolver, so all of it runs in
// a network and mount namespace of its own, where ports 53, 80 and 443 and /etc/resolv.conf are ours.
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { inTime, waitFor } from '../../lib/wait.mjs'
import { folder, node, record, verified, zone } from './node.mjs'

const HERE = fileURLToPath(import.meta.url)
const can = (...command) => { try { execFileSync(command[0], command.slice(1), { stdio: 'pipe' }); return true } catch { return false } }

export async function caddy (report) {
  if (!can('sh', '-c', 'command -v caddy')) return report.skip('Caddy as authority', 'caddy is not installed')
  const how = [['-nm'], ['-rnm']].find(a => can('unshare', ...a, 'true'))
  if (!how) return report.skip('Caddy as authority', 'unshare -n is not permitted here')
  for (const challenge of ['dns', 'http', 'tls-alpn']) {
    await report.check(`Caddy issues by ${challenge}`, () => {
      const dir = folder('caddy')
      fs.writeFileSync(path.join(dir, 'hosts'), '127.0.0.1 localhost ca.test\n')
      fs.writeFileSync(path.join(dir, 'resolv.conf'), 'nameserver 127.0.0.1\n')
      const script = 'mount --make-rprivate / && mount --bind "$1/hosts" /etc/hosts && mount --bind "$1/resolv.conf" /etc/resolv.conf && ip link set lo up && shift && exec "$@"'
      const child = spawn('unshare', [...how, 'sh', '-c', script, 'sh', dir, process.execPath, HERE, dir, challenge, how[0] === '-rnm' ? 'root' : ''], { stdio: ['ignore', 'pipe', 'pipe'] })
      let out = ''
      for (const s of [child.stdout, child.stderr]) s.on('data', d => { out += d })
      return inTime(new Promise((resolve, reject) => {
        child.on('error', reject)
        child.on('close', status => {
          fs.rmSync(dir, { recursive: true, force: true })
          if (status === 0) resolve(out.trim())
          else reject(new Error(`ended with ${status}\n${out.slice(-4000)}`))
        })
      }), 120000, 'the namespace').finally(() => child.kill('SIGKILL'))
    })
  }
}

/** In the namespace. */
async function inside (dir, challenge, user) {
  const store = path.join(dir, 'caddy')
  fs.writeFileSync(path.join(dir, 'Caddyfile'), `{
  admin off
  storage file_system ${store}
  skip_install_trust
  auto_https disable_redirects
  http_port 8081
}
https://ca.test:14443 {
  tls internal
  acme_server
}
`)
  const ca = spawn('caddy', ['run', '--config', path.join(dir, 'Caddyfile'), '--adapter', 'caddyfile'], { env: { PATH: process.env.PATH, HOME: dir }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const s of [ca.stdout, ca.stderr]) s.on('data', d => { said += d })
  const where = path.join(dir, 'node')
  let edge
  fs.mkdirSync(where)
  try {
    const root = path.join(store, 'pki/authorities/local/root.crt')
    await waitFor(() => fs.existsSync(root) && can('curl', '-sf', '--cacert', root, 'https://ca.test:14443/acme/local/directory'), { within: 20000, every: 100, what: 'Caddy to answer' })
    const trust = path.join(dir, 'root.pem')
    fs.copyFileSync(root, trust)
    fs.chmodSync(trust, 0o644)
    edge = await node(where, {
      acme: { directory: 'https://ca.test:14443/acme/local/directory', ca_file: trust, challenge },
      listen: { http: '127.0.0.1:80', https: '127.0.0.1:443', dns: '127.0.0.1:53' },
      user: user || undefined
    })
    const z = await zone(edge, 'second.test')
    const names = ['www.second.test', 'a.b.second.test']
    for (const n of names) await record(edge, z, n)
    const issuers = []
    for (const n of names) {
      let cert
      await waitFor(async () => (cert = await verified(443, n, fs.readFileSync(trust))), { within: 30000, every: 50, what: `a certificate for ${n}` })
      issuers.push(cert.issuer.CN)
      if (!cert.subjectaltname.includes(n.startsWith('www') && challenge === 'dns' ? '*.second.test' : n)) throw new Error(cert.subjectaltname)
    }
    await edge.stop()
    const { status } = edge.exit
    if (status !== 0) throw new Error(`the node ended with ${status}`)
    console.log(issuers[0])
  } catch (e) {
    console.log(e.stack + '\n' + said.slice(-2000) + '\n' + (edge?.output.slice(-2000) ?? ''))
    process.exitCode = 1
    if (edge) await edge.kill().catch(() => {})
  } finally {
    await new Promise(resolve => { ca.on('close', resolve); ca.kill('SIGKILL') })
  }
}

if (process.argv[1] === HERE) await inside(...process.argv.slice(2))
