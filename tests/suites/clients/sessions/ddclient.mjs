// SPDX-License-Identifier: Apache-2.0
// ddclient: as api.cloudflare.com.
export default async function (step, world, skip) {
  if (!world.has('ddclient')) return skip('all', 'ddclient is not installed')
  const why = world.cannotPretend()
  if (why) return skip('all', why)
  const zone = await world.zone('ddclient.test')
  await world.api('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: 'home', content: '192.0.2.1', ttl: 120 })
  await world.api('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: '@', content: '192.0.2.1', proxied: true })
  // What sent it into a loop without end on the original: an unbalanced brace in an answer.
  await world.api('POST', `/zones/${zone.id}/dns_records`, { type: 'TXT', name: 'brace', content: 'an open brace { and "a quote' })
  const conf = (name, ip) => world.write(name, `daemon=0\nsyslog=no\nssl=yes\npid=${world.dir}/ddclient.pid\nuse=ip, ip=${ip}\nprotocol=cloudflare, zone=ddclient.test, ttl=1, login=token, password=${world.token} home.ddclient.test,ddclient.test\n`)
  const update = async (name, ip, cache) => world.asCloudflare('ddclient', ['-foreground', '-daemon=0', '-verbose', '-noquiet', '-file', conf(name, ip), '-cache', `${world.dir}/${cache}`, '-ssl_ca_file', `${world.dir}/bundle.pem`], { status: null, within: 30000 })

  await step('an address changes', async () => {
    const r = await update('ddclient.conf', '203.0.113.5', 'ddclient.cache')
    const got = await world.records(zone.id, '&type=A')
    if (got.join() !== 'ddclient.test A 203.0.113.5,home.ddclient.test A 203.0.113.5') throw Object.assign(new Error(got.join()), { output: r.out })
    return /SUCCESS/.test(r.out)
  })
  await step('the proxied record stays proxied', async () => (await world.api('GET', `/zones/${zone.id}/dns_records?name=ddclient.test&type=A`)).result[0].proxied === true)
  await step('again, with a cache of its own: nothing to do or done', async () => !/FAILED/.test((await update('ddclient.conf', '203.0.113.5', 'ddclient.cache')).out))
  await step('another address', async () => { await update('ddclient2.conf', '203.0.113.6', 'ddclient2.cache'); return (await world.records(zone.id, '&type=A')).every(r => r.endsWith('203.0.113.6')) })
}
