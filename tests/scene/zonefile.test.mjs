// SPDX-License-Identifier: Apache-2.0
// Zone files as another reader sees them: what is imported and exported again is the same zone to ldns-read-zone.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { scene, eq, ok } from '../lib/scene.mjs'

const there = spawnSync('ldns-read-zone', ['-v']).error === undefined

/** The zone's records as ldns writes them, sorted, but for SOA and NS of the zone itself. */
function read (file) {
  const r = spawnSync('ldns-read-zone', [file], { encoding: 'utf8' })
  eq([r.status, r.stderr], [0, ''])
  return r.stdout.split('\n').filter(l => l && !/^example\.com\.\t\d+\tIN\t(SOA|NS)\t/.test(l)).map(l => l.toLowerCase()).sort()
}

/** Numbers that are the same in every run. */
function numbers (seed) {
  return n => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return Math.floor(seed / 2 ** 32 * n) }
}

const FORMS = `$ORIGIN example.com.
$TTL 1h
@ IN SOA ns.old.net. hostmaster.old.net. ( 1 ; serial
   2h 3600 1w 300 )
@ IN NS ns.old.net.
www 300 IN A 192.0.2.1
    300 IN A 192.0.2.2
WWW 300 AAAA 2001:DB8:0:0:0::1
  300 AAAA ::ffff:192.0.2.1
alias CNAME www
@ MX 10 mail
@ MX 0 .
$ORIGIN sub.example.com.
@ PTR target.other.net.
a.b TXT "two" words
$ORIGIN example.com.
sub.sub TXT ( "one;" "t\\"wo\\\\"
  three\\032four \\255\\000 )
_s._tcp SRV 0 5 443 host
@ CAA 128 issue "ca.example; policy=\\"ev\\""
u URI 10 1 "https://example.net/path?a=b;c"
_443._tcp TLSA 3 1 1 ( 0123456789abcdef 0123456789ABCDEF
   0123456789abcdef 0123456789abcdef )
_smime SMIMEA 0 0 0 00ff
h SSHFP 4 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
cut NS ns1.other.net.
cut DS 60485 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
key DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
cert CERT PKIX 65535 RSASHA256 ( bWVo
  bWVo )
n NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .
pgp OPENPGPKEY bWVobWVo
l1 LOC 42 21 54 N 71 06 18 W -24m 30m
l2 LOC 52 14 05.5 S 0 0 0 E 10m 1m 10m 2m
https HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1,192.0.2.2
svc SVCB 0 other.example.net.
svc2 SVCB 16 svc alpn=h2 ipv6hint=2001:db8::1
*.wild 60 A 192.0.2.7
`

function random (count) {
  const below = numbers(7)
  const host = () => Array.from({ length: 1 + below(3) }, () => 'abcdefghij'[below(10)] + below(100).toString(36)).join('.')
  const text = () => '"' + Array.from({ length: below(60) }, () => { const c = 32 + below(95); return c === 34 || c === 92 ? '\\' + String.fromCharCode(c) : String.fromCharCode(c) }).join('') + '"'
  const hex = n => Array.from({ length: n * 2 }, () => '0123456789abcdefABCDEF'[below(22)]).join('')
  const makers = [
    () => `A ${[1, 2, 3, 4].map(() => below(256)).join('.')}`,
    () => `AAAA ${Array.from({ length: 8 }, () => below(65536).toString(16)).join(':')}`,
    () => `MX ${below(65536)} ${host()}`,
    () => `TXT ${Array.from({ length: 1 + below(4) }, text).join(' ')}`,
    () => `SRV ${below(65536)} ${below(65536)} ${below(65536)} ${host()}.`,
    () => `CAA ${below(256)} issue ${text()}`,
    () => `TLSA ${below(4)} ${below(2)} ${below(3)} ${hex(32)}`,
    () => `SSHFP ${below(5)} 2 ${hex(32)}`,
    () => `LOC ${below(90)} ${below(60)} ${below(60)}.${below(10)}${below(10)}${below(10)} ${'NS'[below(2)]} ${below(180)} ${below(60)} ${below(60)} ${'EW'[below(2)]} ${below(9000)}.${below(10)}${below(10)}m ${1 + below(9)}m ${below(9)}0m ${below(9)}m`,
    () => `NAPTR ${below(65536)} ${below(65536)} "s" "A+B" "" ${host()}`
  ]
  return FORMS + Array.from({ length: count }, (_, i) => `r${i} ${30 + below(86000)} IN ${makers[below(makers.length)]()}`).join('\n') + '\n'
}

scene('ldns reads the same zone before and behind us', async s => {
  const edge = await s.edge({ api: true })
  const z = (await edge.call('POST', '/zones', { name: 'example.com' })).result
  const text = random(400)
  const [before, behind] = ['before', 'behind'].map(f => path.join(edge.dir, f + '.zone'))

  const r = await edge.call('POST', `/zones/${z.id}/dns_records/import`, undefined, { raw: text, headers: { 'content-type': 'text/plain' } })
  eq([r.status, r.errors], [200, []])
  const out = await edge.call('GET', `/zones/${z.id}/dns_records/export`)
  fs.writeFileSync(before, text)
  fs.writeFileSync(behind, out.text)
  const want = read(before)
  eq(r.result.recs_added, want.length)
  const got = read(behind)
  eq(got.filter(l => !want.includes(l)), [])
  eq(want.filter(l => !got.includes(l)), [])
  ok(want.length > 420, `${want.length} records`)
}, { skip: there ? false : 'ldns-read-zone is not installed' })
