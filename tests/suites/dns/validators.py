# SPDX-License-Identifier: Apache-2.0
"""Independent validators against a signed zone with plain, proxied and flattened names. Every answer must be secure."""
import base64
import json
import os
import random
import re
import shutil
import subprocess
import sys

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rdatatype

import name_servers
import zone as zones

OUTSIDE = ('out.', 'lame.', 'intocut.', 'loop')  # chains and cuts that lead to where no validator can follow


def more(origin):
    """What makes the zone more than its master file."""
    return {'proxied': [{'name': f'shop.{origin}'}, {'name': f'*.pages.{origin}'}],
            'edge': {'ipv4': ['203.0.113.1', '203.0.113.2'], 'ipv6': ['2001:db8:e::1'], 'https': '1 . alpn="h2"'},
            'flatten': [{'name': f'flat.{origin}', 'ttl': 60, 'a': ['198.51.100.7'], 'aaaa': []}]}


def secure_questions(text, origin, extra):
    """Names with all their types and one they lack, wildcards, empty names, cuts, names that are not there."""
    rnd, top, z = random.Random(5), dns.name.from_text(origin), zones.parse(text, origin)
    cuts = [n for n, node in z.items() if n != top and node.get_rdataset(1, dns.rdatatype.NS)]
    out = []
    for n, node in z.items():
        if any(n.is_subdomain(c) for c in cuts) or (re.match(rb'[hc]\d+$', n.labels[0]) and rnd.random() > .05):
            continue
        out += [(n.to_text(), dns.rdatatype.to_text(r.rdtype)) for r in node] + [(n.to_text(), 'TYPE65282')]
    for place in ('foo.wild', 'a.b.wild', 'nope.exact.wild', 'b.c.ent', 'c.ent', 'ent', 'zz.ent', 'q.mx', 'foo.cwild', 'shop', 'any.pages',
                  'a.b.pages', 'flat'):
        out += [(f'{place}.{origin}.', t) for t in ('A', 'AAAA', 'TXT', 'HTTPS')]
    out += [(origin + '.', t) for t in ('DNSKEY', 'CDS', 'CDNSKEY', 'SOA', 'NS')] + [(c.to_text(), 'DS') for c in cuts]
    for _ in range(extra):
        out.append((('%x.' % rnd.getrandbits(40)) + rnd.choice(['', 'a.b.c.ent.', 'edge2.', 'exact.wild.', '_tcp.']) + origin + '.',
                    rnd.choice(['A', 'AAAA', 'TXT', 'MX'])))
    return [q for q in dict.fromkeys(out) if not q[0].startswith(OUTSIDE) and '.owild.' not in q[0]]


def key_rows(seawall, origin):
    m = dns.message.make_query(origin, 'DNSKEY', want_dnssec=True)
    m.flags &= ~dns.flags.RD
    answer = dns.query.tcp(m, '127.0.0.1', 5, seawall.port).answer
    return [k for s in answer if s.rdtype == dns.rdatatype.DNSKEY for k in s if k.flags & 1]


def run_unbound(seawall, origin, asked, anchor):
    box = name_servers.Server(origin)
    box.write('anchor', anchor)
    config = box.write('unbound.conf', f'''server:
  interface: 127.0.0.1@{box.port}
  outgoing-interface: 127.0.0.1
  do-not-query-localhost: no
  username: ""
  chroot: ""
  directory: "{box.dir}"
  pidfile: "{box.path('pid')}"
  use-syslog: no
  val-log-level: 2
  num-threads: 1
  local-zone: "test." nodefault
  trust-anchor-file: "{box.path('anchor')}"
  module-config: "validator iterator"
  root-hints: ""
  target-fetch-policy: "0 0 0 0 0"
remote-control:
  control-enable: no
stub-zone:
  name: "{origin}"
  stub-addr: 127.0.0.1@{seawall.port}
stub-zone:
  name: "."
  stub-addr: 127.0.0.1@9
''')
    bad = []
    try:
        box.name = 'unbound'
        box.spawn('unbound', '-d', '-p', '-c', config)
        for name, kind in asked:
            m = dns.message.make_query(name, kind, want_dnssec=True)
            m.flags |= dns.flags.AD
            try:
                r = dns.query.udp_with_fallback(m, '127.0.0.1', 8, box.port)[0]
                if not r.flags & dns.flags.AD or r.rcode() not in (0, 3):
                    bad.append(f'{name} {kind}: rcode {r.rcode()}, not authenticated')
            except dns.exception.Timeout:
                bad.append(f'{name} {kind}: no answer')
    finally:
        said = box.stop()[1]
    return bad + re.findall(r'validation failure .*', said)[:5]


def run_delv(seawall, origin, asked, keys):
    bad = []
    with open(seawall.path('delv.key'), 'w') as f:
        rows = ''.join(f'"{origin}" static-key {k.flags} {k.protocol} {int(k.algorithm)} "{base64.b64encode(k.key).decode()}";\n' for k in keys)
        f.write('trust-anchors {\n' + rows + '};\n')
    for name, kind in asked:
        r = subprocess.run(['delv', '@127.0.0.1', '-p', str(seawall.port), '-a', seawall.path('delv.key'), f'+root={origin}', name, kind],
                           capture_output=True, text=True, timeout=60)
        if 'fully validated' not in r.stdout + r.stderr:
            bad.append(f'{name} {kind}: {(r.stdout + r.stderr).strip()[:200]}')
    return bad


# Debian's dnsviz asks its graph library for a version module that is not there any more.
SHIM = ('import pygraphviz,types,runpy,sys;pygraphviz.release=types.SimpleNamespace(version="1.7");'
        'sys.argv=["dnsviz"]+sys.argv[1:];runpy.run_path("/usr/bin/dnsviz",run_name="__main__")')


def run_dnsviz(seawall, origin, anchor):
    probe, at = seawall.path('probe.json'), f'{origin}+:ns1.{origin}=127.0.0.1:{seawall.port}'
    with open(seawall.path('anchor'), 'w') as f:
        f.write(anchor)
    r = subprocess.run(['dnsviz', 'probe', '-d', '0', '-A', '-4', '-b', '127.0.0.1', '-a', origin, '-x', at, '-R', 'SOA,NS,A,AAAA,MX,TXT,CAA,CNAME,HTTPS',
                        '-E', '-o', probe, origin] + [f'{n}.{origin}' for n in ('www', 'shop', 'flat', 'x.wild', 'nope', 'b.c.ent')],
                       capture_output=True, text=True, timeout=300)
    if r.returncode:
        return [f'probe: {r.stderr[-300:]}']
    g = subprocess.run([sys.executable, '-c', SHIM, 'grok', '-l', 'info', '-t', seawall.path('anchor'), '-r', probe], capture_output=True, text=True)
    try:
        tree = json.loads(g.stdout)
    except ValueError:
        return [f'grok: {g.stderr[-300:]}']
    bad = []

    def walk(node, path):
        if isinstance(node, dict):
            for k in ('errors', 'warnings'):
                bad.extend(f'{k[:-1]}: {e.get("code")} {e.get("description", "")[:150]} at {path}' for e in node.get(k, []))
            for k, v in node.items():
                walk(v, f'{path}/{k}')
        elif isinstance(node, list):
            for v in node:
                walk(v, path)

    walk(tree, '')
    if '"BOGUS"' in g.stdout or '"SECURE"' not in g.stdout:
        bad.append('not secure')
    return list(dict.fromkeys(bad))


def run_ldns(seawall, origin):
    """The zone as it is transferred: every RRset signed, the NSEC chain complete."""
    r = subprocess.run(['kdig', '@127.0.0.1', '-p', str(seawall.port), origin, 'AXFR'], capture_output=True, text=True)
    rows = [row for row in r.stdout.splitlines() if row and not row.startswith(';')]
    if len(rows) < 3:
        return [f'no transfer: {r.stdout[-300:]} {r.stderr[-300:]}']
    with open(seawall.path('signed.zone'), 'w') as f:
        f.write('\n'.join(rows[:-1]) + '\n')
    r = subprocess.run(['ldns-verify-zone', seawall.path('signed.zone')], capture_output=True, text=True)
    return [] if r.returncode == 0 and 'verified and complete' in r.stdout + r.stderr else (r.stdout + r.stderr).splitlines()


# Of the network that it was run in: addresses without reverse names, no IPv6.
NETWORK = ('NAMESERVER_IP_WITHOUT_REVERSE', 'NO_IPV6_NS_CHILD', 'NO_IPV6_NS_DEL')


def run_zonemaster():
    r = subprocess.run(['unshare', '-n', os.path.join(os.path.dirname(os.path.abspath(__file__)), 'zonemaster.py')], capture_output=True, text=True,
                       timeout=600)
    rows = [row for row in r.stdout.splitlines() if re.match(r'\s*[\d.]+ ', row)]
    if r.returncode or not rows:
        return [f'status {r.returncode}: {r.stdout[-500:]} {r.stderr[-500:]}']
    return [row for row in rows if not any(tag in row for tag in NETWORK)]


def run(seawall, text, origin, report, skip, quick):
    item = zones.item(text, origin, dnssec=seawall.keys(origin), transfer=['127.0.0.1'], **more(origin))
    seawall.put(item)
    name_servers.wait_for(lambda: dns.query.udp(dns.message.make_query(f'shop.{origin}', 'A'), '127.0.0.1', 2, seawall.port).answer)
    keys = key_rows(seawall, origin)
    anchor = ''.join(f'{origin}. 3600 IN DNSKEY {k.to_text()}\n' for k in keys)
    asked = secure_questions(text, origin, 20 if quick else 200)
    picked = random.Random(3).sample(asked, min(len(asked), 12 if quick else 80))
    for tool, check in (('unbound', lambda: run_unbound(seawall, origin, asked, anchor)),
                        ('delv', lambda: run_delv(seawall, origin, picked, keys)),
                        ('ldns-verify-zone', lambda: run_ldns(seawall, origin)),
                        ('zonemaster-cli', run_zonemaster), ('dnsviz', lambda: run_dnsviz(seawall, origin, anchor))):
        if quick and tool in ('dnsviz', 'zonemaster-cli'):
            continue
        if tool == 'zonemaster-cli' and shutil.which(tool) and not (os.geteuid() == 0 and shutil.which('knotd')):
            skip(f'{tool} finds every answer secure', 'it needs root for a network of its own, and knotd')
            continue
        if not shutil.which(tool):
            skip(f'{tool} finds every answer secure', f'{tool} is not installed')
            continue
        bad = check()
        what = {'unbound': f'{len(asked)} questions', 'delv': f'{len(picked)} questions', 'dnsviz': '7 names, no error, no warning', 'ldns-verify-zone': 'verified and complete',
                'zonemaster-cli': 'nothing but what the network lacks'}
        report(f'{tool} finds every answer secure', not bad, '\n'.join(bad) or what[tool])
