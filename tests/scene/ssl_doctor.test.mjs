// SPDX-License-Identifier: Apache-2.0
// The mode doctor: what each SSL mode will do with the origins of a zone, said when a mode is saved, by a path of its own, and by the command line.
import { scene, eq, ok, waitFor } from '../lib/scene.mjs'
import { edgeWithApi } from '../lib/api.mjs'
import { authority } from '../lib/authority.mjs'
import { freePort } from '../lib/wait.mjs'

async function world (s, origins) {
  const ca = authority(s.folder())
  const edge = await edgeWithApi(s, { https: true, config: { origin: { ca_file: ca.file } } })
  const zone = await edge.api.must('POST', '/zones', { name: 'doc.test' })
  const rules = []
  for (const [name, make] of Object.entries(origins)) {
    const port = await make(ca)
    await edge.api.must('POST', `/zones/${zone.id}/dns_records`, { type: 'A', name: `${name}.doc.test`, content: '127.0.0.1', proxied: true })
    rules.push({ expression: `http.host eq "${name}.doc.test"`, action: 'route', action_parameters: { origin: { port } } })
  }
  await edge.api.must('PUT', `/zones/${zone.id}/rulesets/phases/http_request_origin/entrypoint`, { rules })
  const modes = async () => {
    const found = await edge.api.must('GET', `/seawall/zones/${zone.id}/ssl/doctor`)
    return { found, works: Object.fromEntries(found.modes.map(m => [m.mode, m.works])), why: m => found.modes.find(x => x.mode === m).reasons.join('\n'), notes: m => found.modes.find(x => x.mode === m).notes.join('\n') }
  }
  return { ca, edge, zone, modes }
}

const listen = (s, script, secure) => async ca => {
  const o = await s.origin(script, secure && { secure: secure(ca) })
  s.undo.push(() => { o.errors.length = 0 }) // it is asked in the other way, too
  return o.port
}

scene('an app that speaks plain HTTP only', async s => {
  const { edge, zone, modes } = await world(s, { www: listen(s, { '/': 'hello' }) })
  const m = await modes()
  eq(m.works, { off: true, flexible: true, full: false, strict: false, origin_pull: false })
  ok(/www\.doc\.test \(127\.0\.0\.1\): it closed the connection during the handshake; perhaps it does not speak TLS there/.test(m.why('full')), m.why('full'))
  eq([m.found.recommended, m.found.complete], ['flexible', true])
  const r = await edge.api.call('PATCH', `/zones/${zone.id}/settings/ssl`, { value: 'strict' })
  eq([r.status, r.json.result.value], [200, 'strict']) // saved all the same
  ok(/ssl strict will not work: www\.doc\.test .*flexible would/.test(r.json.messages[0].message), r.text)
  eq((await edge.api.must('GET', `/zones/${zone.id}/settings/ssl`)).value, 'strict')
  const good = await edge.api.call('PATCH', `/zones/${zone.id}/settings/ssl`, { value: 'flexible' })
  ok(/will work/.test(good.json.messages[0].message), good.text)
  const quiet = await edge.api.call('PATCH', `/zones/${zone.id}/settings/ssl?doctor=false`, { value: 'full' })
  eq([quiet.status, quiet.json.messages], [200, []])
  const bad = await edge.api.call('PATCH', `/zones/${zone.id}/settings/ssl`, { value: 'best' })
  eq([bad.status, bad.json.errors[0].code], [400, 1007])
})

scene('certificates: expired, wrong name, self-signed, without their chain, right; nobody there', async s => {
  const kinds = {
    expired: [{ days: -1 }, /expired on 20/, 'full'],
    wrong: [{ hosts: ['other.test'] }, /is for other\.test, not for wrong\.doc\.test/, 'full'],
    self: [{ self: true }, /self-signed/, 'full'],
    chain: [{ through: 'middle', chain: false }, /lacks an intermediate: "middle"/, 'full'],
    right: [{}, /^$/, 'strict']
  }
  for (const [kind, [options, why, best]] of Object.entries(kinds)) {
    const { modes } = await world(s, { [kind]: listen(s, { '/': 'x' }, ca => ca.leaf(kind, { hosts: [`${kind}.doc.test`], ...options })) })
    const m = await modes()
    eq([kind, m.works], [kind, { off: false, flexible: false, full: true, strict: kind === 'right', origin_pull: kind === 'right' }])
    ok(why.test(m.why('strict')), m.why('strict'))
    eq([kind, m.found.recommended], [kind, best])
    if (kind !== 'right') ok(/strict would refuse it/.test(m.notes('full')) || /plain HTTP/.test(m.notes('full')), m.notes('full'))
  }
  const { modes } = await world(s, { gone: () => freePort() })
  const m = await modes()
  eq(m.works, { off: false, flexible: false, full: false, strict: false, origin_pull: false })
  ok(/refused the connection/.test(m.why('full')) && /refused the connection/.test(m.why('flexible')), JSON.stringify(m.found))
  eq(m.found.recommended, null)
})

scene('an app that forces https: flexible would loop; a loop that was broken is told', async s => {
  const { edge, zone, modes } = await world(s, { www: listen(s, (q, reply) => reply.send(301, { Location: 'https://www.doc.test/' })) })
  const m = await modes()
  ok(/redirect loop/.test(m.why('flexible')), m.why('flexible'))
  await edge.api.must('PATCH', `/zones/${zone.id}/settings/ssl`, { value: 'flexible' })
  await edge.secured('www.doc.test')
  eq((await edge.get('/', { host: 'www.doc.test', secure: {} })).status, 508)
  const loop = await waitFor(async () => (await modes()).found.loops[0], { within: 10000, what: 'the event of the loop' })
  ok(loop.host === 'www.doc.test' && /flexible/.test(loop.cause), JSON.stringify(loop))
  const said = await edge.api.seawall('doctor', 'doc.test')
  ok(/ssl flexible \(set\): will not work: .*redirect loop/.test(said.out) && /a redirect loop was broken/.test(said.out), said.out + said.err)
})

scene('a zone without proxied names, and more looks than are done at a time', async s => {
  const { edge, zone, modes } = await world(s, {})
  eq((await modes()).works, { off: null, flexible: null, full: null, strict: null, origin_pull: null })
  const all = await Promise.all(Array.from({ length: 12 }, () => edge.api.call('GET', `/seawall/zones/${zone.id}/ssl/doctor`)))
  ok(all.every(r => r.status === 200 || r.status === 503), all.map(r => r.status).join())
})
