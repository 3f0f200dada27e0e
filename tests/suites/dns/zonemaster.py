#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Zonemaster against a signed zone, in a network of its own: a root and a parent zone by knotd, addresses on loopback.

usage: unshare -n tests/suites/dns/zonemaster.py   prints what Zonemaster says at level NOTICE and above
"""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import name_servers
import validators
import zone

ORIGIN, ROOT, OURS, MAIL = 'edge.test', '198.41.0.4', ('11.0.0.53', '12.0.0.53'), '13.0.0.25'


def network():
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    for a in (ROOT, *OURS, MAIL):
        subprocess.run(['ip', 'addr', 'add', f'{a}/32', 'dev', 'lo'], check=True)


def child():
    """Our server with the signed zone; returns it and the DS data."""
    text = zone.master_file(ORIGIN, 10)
    for old, new in (('ns1 A 127.0.0.1', f'ns1 A {OURS[0]}'), ('ns2 A 127.0.0.2\nns2 AAAA ::1', f'ns2 A {OURS[1]}'),
                     ('mail A 192.0.2.25', f'mail A {MAIL}'), ('@ MX 20 mail.other.test.\n', ''), ('7200 1800 1209600 300', '14400 3600 1209600 3600')):
        text = text.replace(old, new)
    sea = name_servers.Seawall(ORIGIN)
    with open(sea.config) as f:
        config = f.read().replace(f'dns = 127.0.0.1:{sea.port}', f'dns = 127.0.0.1:{sea.port}, {OURS[0]}:53, {OURS[1]}:53')
    sea.write('seawall.conf', config)
    r = subprocess.run([name_servers.PROGRAM, 'dns-keys', '--config', sea.config, '--zone', ORIGIN], capture_output=True, text=True, check=True)
    sea.put(zone.item(text, ORIGIN, dnssec=json.loads(r.stdout), **validators.more(ORIGIN)))
    sea.start()
    return sea, r.stderr.split(' DS ')[1].strip()


def parents(ds):
    """knotd with the root and the parent, signed."""
    soa = f'SOA a.root. hostmaster.root. 1 1800 900 604800 86400'
    k = name_servers.Server('test')
    k.name = 'knotd'
    k.write('root', f'$TTL 86400\n. {soa}\n. NS a.root.\na.root. A {ROOT}\ntest. NS a.root.\n')
    k.write('test', f'$ORIGIN test.\n$TTL 86400\n@ {soa}\n@ NS a.root.\nedge NS ns1.edge\nedge NS ns2.edge\nns1.edge A {OURS[0]}\n'
            f'ns2.edge A {OURS[1]}\nedge DS {ds}\n')
    zones = ''.join(f'  - domain: {d}\n    file: "{k.path(f)}"\n    zonefile-sync: -1\n    dnssec-signing: on\n    dnssec-policy: p\n'
                    for d, f in (('.', 'root'), ('test', 'test')))
    config = k.write('knot.conf', f'server:\n    rundir: "{k.dir}"\n    listen: [{ROOT}@53, 127.0.0.1@{k.port}]\ndatabase:\n    storage: "{k.dir}"\n'
                     f'policy:\n  - id: p\n    algorithm: ecdsap256sha256\nzone:\n{zones}')
    k.spawn('knotd', '-c', config)
    return k


def main():
    network()
    sea, ds = child()
    try:
        k = parents(ds)
        try:
            hints = k.write('hints', f'. 3600000 NS a.root.\na.root. 3600000 A {ROOT}\n')
            r = subprocess.run(['zonemaster-cli', '--no-ipv6', '--hints', hints, '--level', 'NOTICE', '--raw', ORIGIN], capture_output=True, text=True)
            print(r.stdout, r.stderr, sep='')
            return r.returncode
        finally:
            k.stop()
    finally:
        sea.stop()


if __name__ == '__main__':
    sys.exit(main())
