// SPDX-License-Identifier: Apache-2.0
// Honest visitors: each asks for a page now and then, keeps cookies, follows redirects and does what a challenge's page
// asks for, as a browser would. Tells its parent of each page: when, how long, and whether it was there within ten seconds.
import http from 'node:http'
import https from 'node:https'
import { createHash } from 'node:crypto'

const o = JSON.parse(process.argv[2]) // { port, host, n, net, every, paths, agents, one, tls, fresh: a connection for each request }
const solve = (puzzle, bits) => { for (let i = 0; ; i++) if (createHash('sha256').update(`${puzzle}.${i}`).digest().readUInt32BE(0) >>> (32 - bits) === 0) return i }

function ask (v, path, deadline) {
  return new Promise(resolve => {
    const q = (o.tls ? https : http).request({ port: o.port, ...o.tls && { servername: o.host, rejectUnauthorized: false }, host: '127.0.0.1', localAddress: v.address, agent: v.agent, path, headers: { Host: o.host, 'User-Agent': v.ua, Accept: 'text/html', 'Accept-Language': 'en', ...v.cookie && { Cookie: v.cookie } } }, r => {
      let text = ''
      r.on('data', d => { text += d })
      r.on('end', () => {
        for (const c of r.headers['set-cookie'] ?? []) { const [pair] = c.split(';'); const [name] = pair.split('='); v.jar.set(name, pair) }
        v.cookie = [...v.jar.values()].join('; ')
        resolve({ status: r.statusCode, location: r.headers.location, challenge: r.headers['cf-mitigated'] === 'challenge', text })
      })
      r.on('error', () => resolve({ status: 0 }))
    })
    q.setTimeout(Math.max(1, deadline - Date.now()), () => q.destroy(new Error('late')))
    q.on('error', () => resolve({ status: 0 }))
    q.end()
  })
}

async function page (v, path) {
  const began = Date.now(); const deadline = began + 10000
  let r = { status: 0 }; let challenged = false
  for (let turn = 0; turn < 8; turn++) {
    r = await ask(v, path, deadline)
    challenged ||= r.challenge === true
    if (r.location) path = r.location
    else if (r.challenge) {
      const field = name => r.text.match(new RegExp(`name="${name}" value="([^"]*)"`))[1].replaceAll('&amp;', '&')
      path = `/cdn-cgi/challenge-platform/verify?p=${field('p')}&a=${solve(field('p'), parseInt(field('p').split('.')[3], 16))}&u=${encodeURIComponent(field('u'))}`
    } else break
  }
  if (process.connected) process.send({ at: began, ms: Date.now() - began, status: r.status, ok: r.status === 200, challenged }, () => {})
}

for (let i = 0; i < o.n; i++) {
  const v = { address: o.one ? `127.${o.net}.1.1` : `127.${o.net}.1.${i + 1}`, agent: new (o.tls ? https : http).Agent({ keepAlive: !o.fresh, maxSockets: 4 }), ua: o.agents[i % o.agents.length] + (o.one ? ` Window/${i}` : ''), jar: new Map(), cookie: '' }
  setTimeout(() => setInterval(() => page(v, o.paths[Math.floor(Math.random() * o.paths.length)]), o.every), o.every * i / o.n)
}
process.on('disconnect', () => process.exit(0))
