// SPDX-License-Identifier: Apache-2.0
// lexicon: as api.cloudflare.com. It takes the list of public suffixes for a guide to zones, which .test is not on.
export default async function (step, world, skip) {
  if (!world.has('lexicon')) return skip('all', 'lexicon is not installed')
  const why = world.cannotPretend()
  if (why) return skip('all', why)
  const zone = await world.zone('example.org')
  const lexicon = (...args) => world.asCloudflare('lexicon', ['cloudflare', ...args, '--auth-token', world.token, '--output', 'JSON'], { env: { REQUESTS_CA_BUNDLE: `${world.dir}/bundle.pem` } })
  const json = r => JSON.parse(r.out.slice(r.out.search(/[[{]|true|false/)))
  let id

  await step('create TXT', async () => { await lexicon('create', 'example.org', 'TXT', '--name', '_acme-challenge', '--content', 'a challenge'); return (await world.records(zone.id)).length === 1 })
  await step('create the same again: no error, no second record', async () => { await lexicon('create', 'example.org', 'TXT', '--name', '_acme-challenge', '--content', 'a challenge'); return (await world.records(zone.id)).length === 1 })
  await step('create A, CNAME', async () => {
    await lexicon('create', 'example.org', 'A', '--name', 'www', '--content', '192.0.2.3', '--ttl', '120')
    await lexicon('create', 'example.org', 'CNAME', '--name', 'blog', '--content', 'www.example.net.')
    return (await world.records(zone.id)).join() === '_acme-challenge.example.org TXT a challenge,blog.example.org CNAME www.example.net,www.example.org A 192.0.2.3'
  })
  await step('list', async () => { const rows = json(await lexicon('list', 'example.org', 'A')); id = rows[0].id; return rows.length === 1 && rows[0].content === '192.0.2.3' && rows[0].ttl === 120 })
  await step('list by name and content', async () => json(await lexicon('list', 'example.org', 'TXT', '--name', '_acme-challenge', '--content', 'a challenge')).length === 1)
  await step('update by id', async () => { await lexicon('update', 'example.org', 'A', '--identifier', id, '--name', 'www', '--content', '192.0.2.4'); return (await world.records(zone.id, '&type=A')).join() === 'www.example.org A 192.0.2.4' })
  await step('delete by name and content', async () => { await lexicon('delete', 'example.org', 'TXT', '--name', '_acme-challenge', '--content', 'a challenge'); return (await world.records(zone.id, '&type=TXT')).length === 0 })
  await step('delete by id', async () => { await lexicon('delete', 'example.org', 'A', '--identifier', id); return (await world.records(zone.id, '&type=A')).length === 0 })
}
