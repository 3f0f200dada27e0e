// SPDX-License-Identifier: Apache-2.0
// What a newcomer does with a zone and an app, in a real browser. All is clicked and typed; what other sides see (DNS, HTTPS, HTTP) is asked there.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import zlib from 'node:zlib'
import { execFile, execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { Edge } from '../../lib/edge.mjs'
import { Origin } from '../../lib/origin.mjs'
import { Pebble, hasPebble } from '../../lib/pebble.mjs'
import { totp } from '../../lib/totp.mjs'
import { freePort, ms, waitFor } from '../../lib/wait.mjs'

const has = name => { try { execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }); return true } catch { return false } }
const shots = process.argv.includes('--screenshots') ? path.resolve(process.argv[process.argv.indexOf('--screenshots') + 1]) : null
const require = createRequire(import.meta.url)

if (!has('chromium') || !hasPebble()) {
  console.log('SKIP the dashboard: chromium or pebble is not installed\n0 passed, 0 failed, 1 skipped')
  process.exit(0)
}
const { chromium } = require('playwright-core')
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

let passed = 0; let failed = 0
const step = async (what, does) => {
  const began = Date.now()
  try {
    await does()
    passed++
    console.log(`ok   ${what} (${Date.now() - began} ms)`)
  } catch (e) {
    failed++
    console.log(`FAIL ${what}\n    ${String(e.stack ?? e).split('\n').join('\n    ')}`)
    if (shots && page) await page.screenshot({ path: path.join(shots, 'failed.png') }).catch(() => {})
  }
}
const eq = (a, b, what = '') => { if (JSON.stringify(a) !== JSON.stringify(b)) throw new Error(`${what}: ${JSON.stringify(a)}, not ${JSON.stringify(b)}`) }

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-dashboard-'))
fs.chmodSync(dir, 0o755)
const folder = name => { const d = path.join(dir, name); fs.mkdirSync(d); return d }
const one = new Origin((q, reply) => reply.send(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'max-age=600' }, `hello ${q.target}`))
const undo = []
let edge; let page; let browser

/** The whole node: edge, name server and platform, with certificates of pebble, which asks our name server. */
async function begin () {
  await one.start()
  undo.push(() => one.stop())
  const [dns, http, https, appHttp, appHttps] = [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()]
  const pebble = new Pebble(folder('pebble'), { dns: `127.0.0.1:${dns}`, http, tls: https, nonceReject: 0 })
  await pebble.start()
  undo.push(() => pebble.stop())
  edge = new Edge(folder('edge'), {
    api: true,
    https: true,
    config: {
      listen: { http: `127.0.0.1:${http}`, https: `127.0.0.1:${https}`, dns: `127.0.0.1:${dns}`, platform_http: `127.0.0.1:${appHttp}`, platform_https: `127.0.0.1:${appHttps}` },
      edge: { activation: 'immediate', addresses: '127.0.0.1', nameservers: 'ns1.edge.test, ns2.edge.test' },
      acme: { directory: pebble.directory, ca_file: pebble.caFile, contact: 'ops@example.test', challenge: 'dns' },
      platform: { region: 'local-1', suffix: 'apps.test' },
      limits: { traffic_ms: 200 },
      node: { workers: 1 }
    }
  })
  Object.assign(edge, { dnsPort: dns, http, httpsPort: https, appHttp, pebble })
  await edge.prepare()
  undo.push(() => edge.stop())
  await edge.start()
  browser = await chromium.launch({ executablePath: execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim(), args: ['--no-sandbox', '--disable-dev-shm-usage'], env: { ...process.env, HOME: dir } })
  undo.push(() => browser.close())
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  page = await context.newPage()
  page.setDefaultTimeout(ms(15000))
  page.on('pageerror', e => { failed++; console.log(`FAIL the page threw: ${e.stack}`) })
  page.on('console', m => { if (m.type() === 'error' && /Content Security Policy/.test(m.text())) { failed++; console.log(`FAIL ${m.text()}`) } })
}

const dig = (name, type) => execFileSync('dig', ['+short', '+norec', '+tries=3', `@127.0.0.1`, '-p', String(edge.dnsPort), name, type], { encoding: 'utf8' }).trim().split('\n').filter(Boolean)
const issuer = name => new Promise(resolve => {
  const c = tls.connect({ host: '127.0.0.1', port: edge.httpsPort, servername: name, rejectUnauthorized: false }, () => { const i = c.getPeerCertificate().issuer?.CN ?? ''; c.destroy(); resolve(i) })
  c.on('error', e => resolve(e.message))
})
// Not at once: the app that answers lives in this process.
const status = (url, ...headers) => new Promise(resolve => execFile('curl', ['-s', '-o', '/dev/null', '--max-time', '20', '-w', '%{http_code}', ...headers.flatMap(h => ['-H', h]), url], (error, out) => resolve(out.trim())))
const go = async to => { await page.goto(`${edge.api}/ui${to}`); await page.locator('main h1').first().waitFor() }
const toast = text => page.locator('.toast', { hasText: text }).first().waitFor()
const row = text => page.locator('tbody tr', { hasText: text }).first()
const add = async (type, name, content) => {
  const form = page.locator('section.card', { hasText: 'Add a record' }).first()
  await form.getByLabel('Type').selectOption(type)
  await form.getByLabel('Name').fill(name)
  await form.getByLabel(type === 'CNAME' ? 'Target' : 'Address').fill(content)
  await form.getByRole('button', { name: 'Add record' }).click()
}

// ---- the walk-through

async function walk () {
  await step('a wrong token is refused with a reason', async () => {
    await go('/')
    await page.getByLabel('API token').fill('not a token')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('This token is not known').waitFor()
  })
  await step('the administrator signs in, and scripts do not see the cookie', async () => {
    await page.getByLabel('API token').fill(edge.token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Zones' }).waitFor()
    eq(await page.evaluate(() => document.cookie), '', 'document.cookie')
  })
  await step('an app is created, its instance registered', async () => {
    await page.getByRole('link', { name: 'Apps', exact: true }).click()
    await page.getByRole('button', { name: 'Create an app' }).click()
    await page.getByLabel('Name', { exact: true }).fill('my-app')
    await page.getByRole('button', { name: 'Create app' }).click()
    await page.getByRole('heading', { name: 'my-app' }).waitFor()
    await page.getByLabel('Address', { exact: true }).fill(one.address)
    await page.getByRole('button', { name: 'Register instance' }).click()
    await row('web-1').getByText('running').waitFor()
  })
  await step('a zone is added', async () => {
    await page.getByRole('link', { name: 'Zones', exact: true }).first().click()
    await page.getByRole('button', { name: 'Add a zone' }).click()
    await page.getByLabel('Domain name').fill('shop.test')
    await page.getByRole('button', { name: 'Add zone' }).click()
    await page.getByRole('heading', { name: 'shop.test' }).waitFor()
    await page.getByText('ns1.edge.test', { exact: true }).first().waitFor()
  })
  await step('a mistake in a record is told at its field', async () => {
    await page.getByRole('navigation', { name: 'Pages of shop.test' }).getByRole('link', { name: 'DNS' }).click()
    await add('A', 'www', '192.0.2.999')
    await page.locator('form .bad', { hasText: '192.0.2.999' }).first().waitFor()
  })
  await step('the CNAME with its final dot, and one without', async () => {
    await add('CNAME', 'www', 'my-app.local-1.apps.test.')
    await row('www.shop.test').waitFor()
    await add('CNAME', 'plain', 'my-app.local-1.apps.test')
    await row('plain.shop.test').waitFor()
    eq([dig('www.shop.test', 'A'), dig('plain.shop.test', 'A')], [['127.0.0.1'], ['127.0.0.1']], 'addresses')
  })
  await step('a record becomes DNS only, and proxied again', async () => {
    const proxy = () => row('plain.shop.test').getByRole('switch')
    await proxy().click()
    await toast('DNS only')
    eq(await proxy().getAttribute('aria-checked'), 'false', 'the switch')
    await waitFor(() => dig('plain.shop.test', 'CNAME')[0] === 'my-app.local-1.apps.test.', { within: 5000, what: 'the name as it is written' })
    await proxy().click()
    await toast('is proxied')
    await waitFor(() => dig('plain.shop.test', 'A')[0] === '127.0.0.1', { within: 5000, what: 'the address of the edge' })
  })
  await step('the certificate arrives', async () => {
    await page.getByRole('navigation', { name: 'Pages of shop.test' }).getByRole('link', { name: 'SSL/TLS' }).click()
    await row('*.shop.test').getByText('active').waitFor({ timeout: ms(60000) })
    await waitFor(async () => /^Pebble/.test(await issuer('www.shop.test')), { within: 20000, what: 'a handshake with it' })
  })
  await step('the doctor says so when it has nothing to look at', async () => {
    await page.getByText('The doctor has nothing to look at').waitFor({ timeout: ms(30000) })
  })
  await step('with an origin that does not answer the doctor warns, and each mode says so', async () => {
    await page.getByRole('navigation', { name: 'Pages of shop.test' }).getByRole('link', { name: 'DNS' }).click()
    await add('A', 'api', '127.0.0.77')
    await row('api.shop.test').waitFor()
    await page.getByRole('navigation', { name: 'Pages of shop.test' }).getByRole('link', { name: 'SSL/TLS' }).click()
    await page.locator('.mode', { hasText: 'Full (strict)' }).getByText('will not work').waitFor({ timeout: ms(30000) })
  })
  await step('an SRV record by its form, with its priority', async () => {
    await page.getByRole('navigation', { name: 'Pages of shop.test' }).getByRole('link', { name: 'DNS' }).click()
    const form = page.locator('section.card', { hasText: 'Add a record' }).first()
    await form.getByLabel('Type').selectOption('SRV')
    await form.getByLabel('Name').fill('_sip._udp')
    await form.getByLabel('Content').fill('5 5060 sip.shop.test')
    await form.getByLabel('Priority').fill('7')
    await form.getByRole('button', { name: 'Add record' }).click()
    await row('_sip._udp.shop.test').waitFor()
    eq(dig('_sip._udp.shop.test', 'SRV'), ['7 5 5060 sip.shop.test.'], 'the record')
    await page.getByRole('navigation', { name: 'Pages of shop.test' }).getByRole('link', { name: 'SSL/TLS' }).click()
  })
  await step('strict is switched on, whatever the doctor says', async () => {
    await page.getByRole('radio', { name: /Full \(strict\)/ }).click()
    await toast('Full (strict)')
    eq((await edge.call('GET', '/zones/shop.test/settings/ssl')).result.value, 'strict', 'the mode')
    await page.getByRole('radio', { name: /Flexible/ }).click()
    await toast('Flexible')
  })
  await step('Always Use HTTPS is switched on', async () => {
    await page.getByRole('switch', { name: 'Always Use HTTPS' }).click()
    await toast('Plain HTTP is redirected')
    eq(await status(`http://127.0.0.1:${edge.http}/a`, 'Host: www.shop.test'), '301', 'plain HTTP')
    await page.getByRole('switch', { name: 'Always Use HTTPS' }).click()
    await toast('Plain HTTP is served')
  })
  await step('a purge tells how long it took', async () => {
    await page.getByRole('navigation', { name: 'Pages of shop.test' }).getByRole('link', { name: 'Caching' }).click()
    await page.getByLabel('One a line').fill('http://www.shop.test/static/app.css')
    await page.getByRole('button', { name: 'Purge', exact: true }).click()
    await toast('Purged on every edge')
    await page.getByRole('button', { name: 'Purge everything' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Purge everything' }).click()
    await toast('Everything is purged')
  })
  await step('a custom rule by the builder blocks', async () => {
    await page.getByRole('navigation', { name: 'Pages of shop.test' }).getByRole('link', { name: 'Security' }).click()
    const card = page.locator('section.card', { hasText: 'Custom rules' }).first()
    await card.getByText('Add a rule').click()
    await card.getByLabel('Name').fill('no admin')
    await card.getByLabel('Value').fill('/admin')
    eq(await card.getByLabel('Expression').inputValue(), 'starts_with(http.request.uri.path, "/admin")', 'the expression')
    await card.getByRole('button', { name: 'Add rule' }).click()
    await row('no admin').waitFor()
    await waitFor(async () => await status(`http://127.0.0.1:${edge.http}/admin/x`, 'Host: www.shop.test') === '403', { within: 5000, what: 'the rule to act' })
  })
  await step('questions to the name servers are counted', async () => {
    await go('/zones/shop.test/analytics')
    await page.getByRole('region', { name: 'Questions by type' }).getByRole('cell', { name: 'CNAME', exact: true }).waitFor()
  })
  await step('what visitors asked for is a chart and numbers, the same as the API tells', async () => {
    await page.getByRole('navigation', { name: 'Pages of shop.test' }).getByRole('link', { name: 'Analytics' }).click()
    await page.locator('.figures dt', { hasText: 'Requests' }).first().waitFor()
    await waitFor(async () => {
      const { totals } = (await edge.call('GET', '/zones/shop.test/analytics?by=minute')).result
      return totals.requests > 0 && (await page.locator('.figures dd').first().textContent()) === totals.requests.toLocaleString('en') && await page.locator('svg.chart rect').count() > 0
    }, { within: 30000, every: 500, what: 'the same number' })
  })
  await step('the domain is linked to the app', async () => {
    await page.getByRole('link', { name: 'Apps', exact: true }).click()
    await page.getByRole('link', { name: 'my-app' }).first().click()
    await page.getByRole('link', { name: 'Domains/SSL' }).click()
    await page.getByText('my-app.local-1.apps.test.', { exact: true }).waitFor()
    await page.getByLabel('Domain name').fill('www.shop.test')
    await page.getByRole('button', { name: 'LINK DOMAIN NAME TO THE APP', exact: true }).click()
    await row('www.shop.test').waitFor()
    eq(await status(`http://127.0.0.1:${edge.appHttp}/a`, 'Host: www.shop.test'), '200', 'the app under the domain')
  })
  await step('it becomes the canonical domain', async () => {
    await row('www.shop.test').getByRole('button', { name: /canonical/ }).click()
    await toast('is canonical')
    eq(await row('www.shop.test').getByRole('button', { name: /canonical/ }).getAttribute('aria-pressed'), 'true', 'the star')
  })
  await step('HTTPS by force', async () => {
    await page.getByRole('link', { name: 'Settings', exact: true }).click()
    await page.getByRole('switch', { name: 'Force HTTPS' }).click()
    await toast('Plain HTTP is redirected')
    eq(await status(`http://127.0.0.1:${edge.appHttp}/a`, 'Host: www.shop.test'), '301', 'plain HTTP')
    await page.getByRole('switch', { name: 'Router logs' }).click()
    await toast('Saved')
  })
  await step('a variable is set, and hidden until one asks', async () => {
    await page.getByRole('link', { name: 'Environment' }).click()
    await page.getByLabel('Name', { exact: true }).fill('COLOUR')
    await page.getByLabel('Value', { exact: true }).fill('very blue')
    await page.getByRole('button', { name: 'Set variable' }).click()
    await row('COLOUR').waitFor()
    eq(await page.getByText('very blue').count(), 0, 'the value in sight')
    await page.getByRole('switch', { name: 'Show values' }).click()
    await page.getByText('very blue').waitFor()
  })
  await step('lines of the router come live', async () => {
    await page.getByRole('link', { name: 'Logs' }).click()
    await page.locator('.logs').waitFor()
    await waitFor(async () => {
      await status(`http://127.0.0.1:${edge.appHttp}/seen-in-the-log`, 'Host: www.shop.test', 'X-Forwarded-Proto: https')
      return (await page.locator('.logs').textContent()).includes('/seen-in-the-log')
    }, { within: 20000, every: 500, what: 'a line in the page' })
  })
  await step('a ban, one that is refused with its reason, and a network that can never be banned', async () => {
    await go('/account/bans')
    const card = title => page.locator('section.card', { has: page.getByRole('heading', { name: title, exact: true }) })
    const ban = card('Banned')
    await ban.getByLabel('Address or network').fill('127.0.0.0/8')
    await ban.getByRole('button', { name: 'Ban', exact: true }).click()
    await ban.getByText('this would ban 127.0.0.1').first().waitFor()
    await ban.getByLabel('Address or network').fill('127.0.9.9')
    await ban.getByLabel('Why').fill('tries passwords')
    await ban.getByRole('button', { name: 'Ban', exact: true }).click()
    await row('tries passwords').getByText('127.0.9.9').waitFor()
    const from = address => new Promise(resolve => execFile('curl', ['-s', '-o', '/dev/null', '--interface', address, '-w', '%{http_code}', '-H', 'Host: www.shop.test', `http://127.0.0.1:${edge.http}/cdn-cgi/trace`], (e, out) => resolve(out.trim())))
    eq(await from('127.0.9.9'), '000', 'the banned address')
    await row('tries passwords').getByRole('button', { name: 'Lift' }).click()
    await page.getByRole('button', { name: 'Lift the ban' }).click()
    await toast('is taken off the list')
    eq(await from('127.0.9.9') !== '000', true, 'the address after that')
    const allow = card('Never banned')
    await allow.getByLabel('Address or network').fill('192.0.2.0/24')
    await allow.getByRole('button', { name: 'Never ban', exact: true }).click()
    await row('192.0.2.0/24').waitFor()
    await card('Dropped by the kernel').getByText('nothing listens but on loopback addresses').waitFor()
  })
  await step('a path with a malformed escape is a page that says so', async () => {
    await go('/zones/%E0%A4%A')
    await page.getByRole('alert').first().waitFor()
  })
  await step('by keyboard alone: to the content, and through the menu', async () => {
    await go('/zones')
    await page.keyboard.press('Tab')
    eq(await page.evaluate(() => document.activeElement.textContent), 'To the content', 'the first stop')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Apps' }).waitFor()
  })
}

// ---- every page: nothing serious for axe, a picture if wanted

const PAGES = [['zones', '/zones'], ['zone', '/zones/shop.test'], ['dns', '/zones/shop.test/dns'], ['ssl', '/zones/shop.test/ssl'], ['caching', '/zones/shop.test/caching'], ['security', '/zones/shop.test/security'], ['analytics', '/zones/shop.test/analytics'],
  ['apps', '/apps'], ['app', '/apps/my-app'], ['domains', '/apps/my-app/domains'], ['settings', '/apps/my-app/settings'], ['environment', '/apps/my-app/environment'], ['logs', '/apps/my-app/logs'],
  ['tokens', '/account/tokens'], ['people', '/account/people'], ['sessions', '/account/sessions'], ['bans', '/account/bans'], ['audit', '/account/audit'], ['traffic', '/account/traffic']]

async function look (name, at, colours, device) {
  await page.setViewportSize(device === 'phone' ? { width: 390, height: 844 } : { width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme: colours, reducedMotion: 'reduce' })
  if (at) await go(at)
  await page.waitForFunction(() => !document.body.textContent.includes('Loading …'))
  if (shots) await page.screenshot({ path: path.join(shots, `${name}-${colours}-${device}.png`), fullPage: true })
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  if (wide > 0) throw new Error(`${name}: ${wide} pixels wider than the ${device}`)
  const found = await page.evaluate(`(async () => { ${axe}; return (await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] })).violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + n.failureSummary.slice(0, 200)).join(' | ')) })()`)
  if (found.length) throw new Error(`axe: ${found.join('\n')}`)
}

async function pages () {
  await step('every page, light and dark, desktop and phone: nothing serious for axe, nothing wider than the screen', async () => {
    for (const [name, at] of PAGES) for (const device of ['desktop', 'phone']) for (const colours of ['light', 'dark']) await look(name, at, colours, device)
  })
  await step('the files are small and come with a strict policy', async () => {
    let sum = 0
    for (const f of ['', 'app.js', 'app.css', 'icon.svg']) {
      const r = await fetch(`${edge.api}/ui/${f}`)
      eq(r.status, 200, f)
      const body = Buffer.from(await r.arrayBuffer())
      sum += zlib.gzipSync(body).length
      if (!/script-src 'self'/.test(r.headers.get('content-security-policy')) || /unsafe/.test(r.headers.get('content-security-policy'))) throw new Error(r.headers.get('content-security-policy'))
      eq((await fetch(`${edge.api}/ui/${f}`, { headers: { 'If-None-Match': r.headers.get('etag') } })).status, 304, `${f} again`)
    }
    console.log(`     ${sum} bytes compressed`)
    if (sum > 200 * 1024) throw new Error(`${sum} bytes`)
  })
  await step('whoever signs out is out', async () => {
    await page.setViewportSize({ width: 1280, height: 900 })
    await go('/zones')
    const cookie = (await page.context().cookies()).find(c => c.name === 'seawall_session')
    eq([cookie.httpOnly, cookie.sameSite], [true, 'Strict'], 'the cookie')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('API token').waitFor()
    eq((await fetch(`${edge.base}/zones`, { headers: { Cookie: `seawall_session=${cookie.value}` } })).status, 403, 'the old cookie')
  })
}

// ---- people with passwords

// The page for those who are out: the list of people has a field for an e-mail address too, and stays until the answer to a sign-out is there.
const signInAs = async (password = 'correct horse battery') => {
  const form = page.locator('main.signin')
  await form.getByLabel('E-mail address').fill('anna@shop.test')
  await form.getByLabel('Password', { exact: true }).fill(password)
  await form.getByRole('button', { name: 'Sign in' }).click()
}

async function people () {
  await step('the administrator adds somebody, who signs in with e-mail address and password', async () => {
    await page.getByLabel('API token').fill(edge.token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Zones' }).waitFor()
    await go('/account/people')
    const form = page.locator('section.card', { hasText: 'Add somebody' })
    await form.getByLabel('E-mail address').fill('anna@shop.test')
    await form.getByLabel('First password').fill('short')
    await form.getByLabel('May').selectOption('everything')
    await form.getByRole('button', { name: 'Add person' }).click()
    await form.getByText('must have 12 to').waitFor()
    await form.getByLabel('First password').fill('correct horse battery')
    await form.getByRole('button', { name: 'Add person' }).click()
    await row('anna@shop.test').getByText('active').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Use e-mail address and password' }).click()
    await signInAs('nothing of the kind')
    await page.getByText('E-mail address or password is wrong').waitFor()
    await signInAs()
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
  })
  let secret
  await step('she sets up a second factor, and is asked for it', async () => {
    await go('/account/people')
    const card = page.locator('section.card', { hasText: 'Second factor' }).first()
    await card.getByLabel('Your password').fill('correct horse battery')
    await card.getByRole('button', { name: 'Set up' }).click()
    secret = new URL(await card.getByRole('link', { name: 'Open the authenticator' }).getAttribute('href')).searchParams.get('secret')
    await card.getByLabel('Code that it shows').fill(totp(secret))
    await card.getByRole('button', { name: 'Switch on' }).click()
    await card.getByText('Recovery codes, each good once').waitFor()
    await look('people-own', null, 'light', 'phone')
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.getByRole('button', { name: 'Sign out' }).click()
    await signInAs()
    await page.getByLabel('Code', { exact: true }).fill('000000')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The code is wrong').waitFor()
    await page.getByLabel('Code', { exact: true }).fill(totp(secret, Date.now() + 30000)) // the one that confirmed it is used up
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
  })
  await step('she switches it off again, and changes her password', async () => {
    await go('/account/people')
    const card = page.locator('section.card', { hasText: 'Second factor' }).first()
    await card.getByLabel('Your password').fill('correct horse battery')
    await card.getByRole('button', { name: 'Switch off' }).click()
    await card.getByText('Off. With it').waitFor()
    const own = page.locator('section.card', { hasText: 'Your password' }).first()
    await own.getByLabel('Password now').fill('correct horse battery')
    await own.getByLabel('New password').fill('another good password')
    await own.getByRole('button', { name: 'Change password' }).click()
    await toast('Your password is changed')
  })
}

try {
  if (shots) fs.mkdirSync(shots, { recursive: true })
  await begin()
  await walk()
  await pages()
  await people()
} catch (e) {
  failed++
  console.log(`FAIL ${e.stack}`)
} finally {
  for (const f of undo.reverse()) { try { await f() } catch (e) { failed++; console.log(`FAIL at the end: ${e.message}`) } }
  fs.rmSync(dir, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
