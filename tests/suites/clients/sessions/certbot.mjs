// SPDX-License-Identifier: Apache-2.0
// certbot with its plugin for Cloudflare's DNS (by python3-cloudflare's environment variable); the CA is pebble, which asks
// the node's own name server for the challenges.
import fs from 'node:fs'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { freePort, waitFor } from '../../../lib/wait.mjs'
import https from 'node:https'

export default async function (step, world, skip) {
  if (!world.has('pebble')) return skip('all', 'pebble is not installed')
  const ca = await pebble(world)
  try {
    if (world.has('certbot')) await certbot(step, world, ca)
    else skip('certbot', 'certbot is not installed')
  } finally { ca.child.kill() }
}

/** Starts the CA; { directory, ca, child }. */
async function pebble (world) {
  const port = await freePort(); const management = await freePort()
  world.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=pebble', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-keyout', 'pebble.key', '-out', 'pebble.pem')
  const config = world.write('pebble.json', JSON.stringify({ pebble: { listenAddress: `127.0.0.1:${port}`, managementListenAddress: `127.0.0.1:${management}`, certificate: `${world.dir}/pebble.pem`, privateKey: `${world.dir}/pebble.key`, httpPort: 1, tlsPort: 1 } }))
  const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' }
  const child = spawn('pebble', ['-config', config, '-dnsserver', `127.0.0.1:${world.dns}`], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  child.output = ''
  for (const s of [child.stdout, child.stderr]) s.on('data', d => { child.output += d })
  const directory = `https://127.0.0.1:${port}/dir`
  await waitFor(() => new Promise((resolve, reject) => https.get(directory, { rejectUnauthorized: false }, r => { r.resume(); resolve(r.statusCode === 200) }).on('error', reject)), { within: 15000, what: 'pebble' })
  return { directory, child, file: `${world.dir}/pebble.pem` }
}

/** How many challenge records a zone has. */
const challenges = async (world, zone) => (await world.records(zone.id)).filter(r => r.startsWith('_acme-challenge')).length

async function certbot (step, world, ca) {
  const zone = await world.zone('certbot.test')
  // What its documentation asks for: a token that may edit the records of one zone, and nothing else.
  const group = (await world.api('GET', '/user/tokens/permission_groups')).result.find(g => g.name === 'DNS Write')
  const token = (await world.api('POST', '/user/tokens', { name: 'certbot', policies: [{ effect: 'allow', permission_groups: [{ id: group.id }], resources: { [`com.cloudflare.api.account.zone.${zone.id}`]: '*' } }] })).result
  const ini = world.write('certbot.ini', `dns_cloudflare_api_token = ${token.value}\n`)
  await step('certbot: a certificate for a name and a wildcard', async () => {
    const dirs = ['config', 'work', 'logs'].flatMap(d => [`--${d}-dir`, path.join(world.dir, 'certbot', d)])
    const r = await world.command('certbot', ['certonly', '-n', '--agree-tos', '--register-unsafely-without-email', '--server', ca.directory, '--no-verify-ssl', ...dirs,
      '--dns-cloudflare', '--dns-cloudflare-credentials', ini, '--dns-cloudflare-propagation-seconds', '0', '-d', 'certbot.test', '-d', '*.certbot.test', '-d', 'a.b.certbot.test'],
    { env: { CLOUDFLARE_API_URL: world.base, PYTHONWARNINGS: 'ignore' }, within: 90000 })
    const valid = ca.child.output.match(/set VALID by completed challenge/g)?.length
    if (valid !== 3) throw Object.assign(new Error(`the CA found ${valid} of 3 challenges at the name server`), { output: ca.child.output })
    if (!fs.existsSync(path.join(world.dir, 'certbot/config/live/certbot.test/fullchain.pem'))) throw Object.assign(new Error('no certificate'), { output: r.out })
  })
  await step('certbot: its challenge records are gone', async () => await challenges(world, zone) === 0)
  await step('certbot: a token without permission is told why', async () => {
    const bad = world.write('certbot-bad.ini', `dns_cloudflare_api_token = ${'x'.repeat(40)}\n`)
    const dirs = ['config', 'work', 'logs'].flatMap(d => [`--${d}-dir`, path.join(world.dir, 'certbot', d)])
    const r = await world.command('certbot', ['certonly', '-n', '--agree-tos', '--register-unsafely-without-email', '--server', ca.directory, '--no-verify-ssl', ...dirs,
      '--dns-cloudflare', '--dns-cloudflare-credentials', bad, '--dns-cloudflare-propagation-seconds', '0', '-d', 'other.certbot.test'],
    { env: { CLOUDFLARE_API_URL: world.base, PYTHONWARNINGS: 'ignore' }, status: 1, within: 60000 })
    if (!/Error determining zone_id/.test(r.out)) throw Object.assign(new Error('says something else'), { output: r.out })
  })
}
