# SPDX-License-Identifier: Apache-2.0
"""A zone full of corner cases as a master file, and as the plan item that says the same."""
import dns.name
import dns.rdatatype
import dns.zone

TYPES = 'A AAAA CNAME MX TXT NS SOA SRV CAA DS HTTPS SVCB PTR TYPE65281 NAPTR TLSA SPF HINFO URI SSHFP LOC'.split()

FIXED = '''$TTL 300
@ 3600 IN SOA ns1 hostmaster 2026010101 7200 1800 1209600 300
@ 3600 IN NS ns1
@ 3600 IN NS ns2
ns1 A 127.0.0.1
ns2 A 127.0.0.2
ns2 AAAA ::1
@ A 192.0.2.1
@ AAAA 2001:db8::1
@ MX 10 mail
@ MX 20 mail.other.test.
@ TXT "v=spf1 -all"
@ CAA 0 issue "ca.test"
@ HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.1
mail A 192.0.2.25
mail AAAA 2001:db8::25
www CNAME edge1
edge1 CNAME edge2
edge2 A 192.0.2.10
edge2 A 192.0.2.11
edge2 AAAA 2001:db8::10
out CNAME www.other.test.
dangling CNAME nothing-here
loop1 CNAME loop2
loop2 CNAME loop1
wildtarget CNAME foo.wild
intocut CNAME host.deleg
*.wild A 192.0.2.40
*.wild TXT "any"
exact.wild A 192.0.2.41
sub.exact.wild A 192.0.2.42
*.cwild CNAME edge2
*.owild CNAME www.other.test.
*.mx MX 5 mail
_x.*.star A 192.0.2.43
a.b.c.ent A 192.0.2.50
b.ent2 TXT "below an empty name"
deleg NS ns.deleg
deleg NS ns.other.test.
ns.deleg A 192.0.2.60
ns.deleg AAAA 2001:db8::60
secure NS ns1.secure
ns1.secure A 192.0.2.61
secure DS 12345 13 2 abababababababababababababababababababababababababababababababab
lame NS ns.lame.other.test.
sibling NS ns.deleg
_sip._tcp SRV 10 60 5060 mail
_443._tcp TLSA 3 1 1 cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd
key SSHFP 4 2 efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef
naptr NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:x@edge.test!" .
loc LOC 48 51 29.0 N 2 17 40.0 E 30m
uri URI 10 1 "https://edge.test/"
svc SVCB 0 edge2
svc2 SVCB 16 edge2 alpn="h2" port=8443
hinfo HINFO "X" "Y"
rp RP hostmaster txtrp
unk TYPE65280 \\# 4 0a000001
ptr PTR edge2
afsdb AFSDB 1 edge2
openpgp TYPE61 \\# 3 abcdef
MiXeD A 192.0.2.80
MiXeDmx MX 1 MaIl
under_score A 192.0.2.81
esc\\.dot A 192.0.2.82
sp\\032ace A 192.0.2.83
\\000nul A 192.0.2.84
empty-txt TXT ""
ttl0 0 A 192.0.2.86
ttlbig 604800 A 192.0.2.87
1 A 192.0.2.88
'''


def master_file(origin, hosts):
    """The zone as text, with that many plain hosts beside the corner cases."""
    rows = [f'$ORIGIN {origin}.', FIXED, 'l' * 63 + ' A 192.0.2.85', '.'.join(['x' * 60] * 3) + ' TXT "deep"',
            'bigtxt TXT ' + ' '.join('"' + chr(97 + i) * 250 + '"' for i in range(12))]
    rows += [f'many A 198.51.100.{i + 1}' for i in range(60)] + [f'many AAAA 2001:db8:1::{i + 1:x}' for i in range(40)]
    for i in range(hosts):
        rows.append(f'h{i} A 203.0.113.{i % 256}')
        if i % 5 == 0:
            rows.append(f'h{i} AAAA 2001:db8:2::{i:x}')
        if i % 9 == 0:
            rows.append(f'c{i} CNAME h{i}')
    return '\n'.join(rows) + '\n'


def parse(text, origin):
    return dns.zone.from_text(text, origin=dns.name.from_text(origin), relativize=False, check_origin=False)


def item(text, origin, **more):
    """The plan item of kind dns that serves the same records."""
    z, top = parse(text, origin), dns.name.from_text(origin)
    out = {'kind': 'dns', 'name': origin, 'ns': [], 'records': []}
    for name, node in z.items():
        for rdataset in node:
            for rdata in rdataset:
                kind = dns.rdatatype.to_text(rdata.rdtype)
                if kind == 'SOA':
                    out['soa'] = {'mname': rdata.mname.to_text(), 'rname': rdata.rname.to_text(), 'serial': rdata.serial,
                                  'refresh': rdata.refresh, 'retry': rdata.retry, 'expire': rdata.expire,
                                  'min_ttl': rdata.minimum, 'ttl': rdataset.ttl}
                elif kind == 'NS' and name == top:
                    out['ns'].append(rdata.target.to_text())
                    out['ns_ttl'] = rdataset.ttl
                else:
                    out['records'].append({'name': name.to_text(), 'type': kind, 'ttl': rdataset.ttl, 'rdata': rdata.to_text()})
    out.update(more)
    return out
