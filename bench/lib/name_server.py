# SPDX-License-Identifier: Apache-2.0
"""The name server beside knotd and nsd: queries per CPU-second of the server, one core each, asked by dnsperf."""
import os
import random
import re
import shutil
import subprocess
import sys
import time

import machine
import procs
import report

sys.path.append(os.path.join(machine.ROOT, 'tests', 'suites', 'dns'))

ORIGIN, HOSTS = 'edge.test', 10000
# name -> (what it is, options of dnsperf, names that are there)
WORKLOADS = {
    'dns-static': ('A records of 10,000 names, unsigned answers', [], True),
    'dns-signed': ('A records of 10,000 names, signed answers', ['-D'], True),
    'dns-denial': ('names that are not there, unsigned answers', [], False),
    'dns-signed-denial': ('names that are not there, signed answers (Seawall signs each)', ['-D'], False),
}


def zone_text():
    rows = [f'$ORIGIN {ORIGIN}.', '$TTL 300', '@ 3600 IN SOA ns1 hostmaster 1 7200 1800 1209600 300', '@ 3600 IN NS ns1', 'ns1 A 127.0.0.1']
    rows += [f'h{i} A 203.0.113.{i % 256}' for i in range(HOSTS)]
    return '\n'.join(rows) + '\n'


def pinned(kind, core):
    """A server class of the test suite whose process keeps to one core."""
    class Pinned(kind):
        def launch(self, argv):
            return procs.start(argv, core, stdout=self.log, stderr=self.log, cwd=self.dir)
    return Pinned


def version(argv):
    out = subprocess.run(argv, capture_output=True, text=True)
    return (out.stdout + out.stderr).strip().split('\n')[0]


def start(core, result, only, seawall):
    """Running servers by name; nsd gets the zone that knotd signed."""
    import name_servers as servers
    import zone
    servers.PROGRAM = seawall
    text, running, signed = zone_text(), {}, None
    wanted = [n for n in ('seawall', 'knotd', 'nsd') if not only or n in only]
    for name, program in (('knotd', 'knotd'), ('nsd', 'nsd')):
        if name in wanted and not shutil.which(program):
            result['skipped'][name] = f'{program} is not installed'
            wanted.remove(name)
    if 'knotd' in wanted or 'nsd' in wanted and shutil.which('knotd'):
        knot = pinned(servers.Knot, core)(ORIGIN, text, True)
        knot.start()
        time.sleep(2)  # it signs in the background
        running['knotd'] = knot
        out = subprocess.run(['kdig', '@127.0.0.1', '-p', str(knot.port), ORIGIN, 'AXFR'], capture_output=True, text=True).stdout
        rows = [r for r in out.splitlines() if r and not r.startswith(';')]
        signed = '\n'.join(rows[:-1]) + '\n'
        result['candidates']['knotd'] = {'version': version(['knotd', '--version'])}
    if 'nsd' in wanted:
        nsd = pinned(servers.Nsd, core)(ORIGIN, signed or text)
        nsd.start()
        running['nsd'] = nsd
        result['candidates']['nsd'] = {'version': version(['nsd', '-v'])}
    if 'seawall' in wanted:
        sea = pinned(servers.Seawall, core)(ORIGIN, limits={'dns_signs_per_s': 0})
        sea.put(zone.item(text, ORIGIN, dnssec=sea.keys(ORIGIN)))
        sea.start()
        running['seawall'] = sea
        result['candidates']['seawall'] = {'version': version([seawall, 'version'])}
    return running


def questions(path, there):
    rnd = random.Random(7)
    with open(path, 'w') as f:
        for i in range(20000):
            f.write(f'h{rnd.randrange(HOSTS)}.{ORIGIN}. A\n' if there else f'{rnd.getrandbits(48):x}.{ORIGIN}. A\n')


def round_of(server, path, options, seconds, core, load_core):
    ids = procs.threads(server.process.pid)
    before = procs.cpu_s(ids), procs.busy_s(core), time.monotonic()
    argv = ['dnsperf', '-s', '127.0.0.1', '-p', str(server.port), '-d', path, '-l', str(seconds), '-c', '4', '-q', '200', *options]
    perf = procs.start(argv, load_core, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = perf.communicate(timeout=seconds + 60)[0]
    finally:
        procs.stop(perf)
    cpu, busy, wall = (b - a for a, b in zip(before, (procs.cpu_s(ids), procs.busy_s(core), time.monotonic())))
    done, lost = re.search(r'Queries completed:\s+(\d+)', said), re.search(r'Queries lost:\s+(\d+)', said)
    if not done or not int(done.group(1)):
        return {'discarded': 'dnsperf said: ' + said[-300:]}
    n, gone = int(done.group(1)), int(lost.group(1))
    r = {'requests': n, 'per_cpu_s': n / cpu if cpu else 0, 'wall_rate': n / wall, 'server_busy': cpu / wall,
         'others_busy': max(0.0, busy - cpu) / wall, 'lost': gone}
    if gone > n / 1000:
        r['discarded'] = f'{gone} queries were lost'
    return r


def rows(table):
    return report.rate_rows(table, 'query')


def lines(table):
    return report.beside(table, ('knotd', 'nsd'))


def part(a, result, alternate, progress, say):
    """Runs the workloads; fills result['tables'] and prints each."""
    if not shutil.which('dnsperf'):
        sys.exit('bench: dnsperf is needed (apt-get install dnsperf)')
    core, load_core = procs.cores()
    running = start(core, result, a.servers, os.path.abspath(a.seawall))
    try:
        for server_name, why in result['skipped'].items():
            say(f'{server_name} is SKIPPED: {why}')
        for workload, (what, options, there) in WORKLOADS.items():
            if workload not in a.only:
                continue
            result['titles'][workload] = what
            path = os.path.join(list(running.values())[0].dir, 'questions')
            questions(path, there)
            table = result['tables'][workload] = alternate(
                list(running.values()), a.rounds, lambda s: round_of(s, path, options, a.seconds, core, load_core), progress(workload),
                result['discarded'].setdefault(workload, []))
            print(f'== {what}', report.plain(rows(table)), *lines(table), '', sep='\n', flush=True)
    finally:
        for server in running.values():
            server.stop()
