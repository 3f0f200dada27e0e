# SPDX-License-Identifier: Apache-2.0
"""HTTPS beside nginx, per CPU-second of the server: hits over HTTP/1.1 and HTTP/2 asked by h2load, handshakes by tls_handshakes.c."""
import os
import re
import shutil
import subprocess
import time

import procs
import report
import servers

CLIENTS = 4  # processes that make handshakes, all on one core
# name -> (what it is, options of h2load, or 'full' / 'resumed' for handshakes)
WORKLOADS = {
    'tls-hit-1k': ('cache hit, 1 KiB, HTTP/1.1 over TLS 1.3, 32 connections', ['--h1', '-c32']),
    'h2-hit-1k': ('cache hit, 1 KiB, HTTP/2, 8 connections of 32 streams', ['-c8', '-m32']),
    'tls-full': ('full TLS 1.3 handshake, one cache hit of 1 KiB, close', 'full'),
    'tls-resumed': ('resumed TLS 1.3 handshake, one cache hit of 1 KiB, close', 'resumed'),
}


class Seawall(servers.Seawall):
    """The certificate comes from the node's own authority: P-256, as nginx's."""
    name = 'seawall'

    def argv(self):
        out = super().argv()
        self.secure_port = servers.free_port()
        with open(os.path.join(self.folder, 'seawall.conf')) as f:
            text = f.read()
        self.write('seawall.conf', text.replace('[plan]', f'https = 127.0.0.1:{self.secure_port}\n[plan]'))
        return out


class Nginx(servers.Nginx):
    name = 'nginx'

    def argv(self):
        out = super().argv()
        self.secure_port = servers.free_port()
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem',
                        '-out', 'cert.pem', '-days', '2', '-subj', f'/CN={servers.HOST}', '-addext', f'subjectAltName=DNS:{servers.HOST}'],
                       cwd=self.folder, check=True, capture_output=True)
        with open(os.path.join(self.folder, 'nginx.conf')) as f:
            text = f.read()
        text = text.replace('		server_name ', f'''		listen 127.0.0.1:{self.secure_port} ssl http2 backlog=4096 deferred;
		ssl_certificate {self.folder}/cert.pem;
		ssl_certificate_key {self.folder}/key.pem;
		ssl_protocols TLSv1.2 TLSv1.3;
		ssl_session_tickets on;
		http2_max_concurrent_streams 128;
		server_name ''', 1)
        self.write('nginx.conf', text)
        return out


def ready(server, client):
    """Whether a handshake and a hit work; Seawall's certificate comes a moment after its start."""
    said = subprocess.run([client, str(server.secure_port), servers.HOST, servers.HIT_1K, '0.1', 'full'], capture_output=True, text=True).stdout
    return re.match(r'done [1-9]\d* resumed 0 failed 0', said) is not None


def by_h2load(server, options, seconds, core):
    url = f'https://{servers.HOST}:{server.secure_port}{servers.HIT_1K}'
    argv = ['h2load', '-t1', *options, '-D', str(seconds), f'--connect-to=127.0.0.1:{server.secure_port}', url]
    load = procs.start(argv, core, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = load.communicate(timeout=seconds + 60)[0]
    finally:
        procs.stop(load)
    total = re.search(r'(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout', said)
    status = re.search(r'status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx', said)
    if not total or not status or int(total[1]) == 0:
        return 0, 'h2load said: ' + said[-300:]
    bad = sum(int(total[i]) for i in (2, 3, 4)) + sum(int(status[i]) for i in (2, 3, 4))
    return int(total[1]), f'{bad} requests failed' if bad else None


def by_handshakes(server, kind, seconds, core, client):
    argv = [client, str(server.secure_port), servers.HOST, servers.HIT_1K, str(seconds), kind]
    clients = [procs.start(argv, core, stdout=subprocess.PIPE, text=True) for _ in range(CLIENTS)]
    done = resumed = failed = 0
    for c in clients:
        try:
            said = re.match(r'done (\d+) resumed (\d+) failed (\d+)', c.communicate(timeout=seconds + 60)[0])
        finally:
            procs.stop(c)
        if not said:
            return 0, 'a client ended without its figures'
        done, resumed, failed = (a + int(b) for a, b in zip((done, resumed, failed), said.groups()))
    if failed:
        return done, f'{failed} connections failed'
    if kind == 'full' and resumed or kind == 'resumed' and resumed < done - CLIENTS:
        return done, f'{resumed} of {done} handshakes were resumed'
    return done, None


def round_of(server, workload, seconds, stage, client):
    if server.death():
        return {'discarded': server.death(), 'dead': True}
    how = WORKLOADS[workload][1]
    ids = procs.threads(server.child.pid)
    before = procs.cpu_s(ids), procs.busy_s(stage.core), time.monotonic()
    if isinstance(how, list):
        done, why = by_h2load(server, how, seconds, stage.load_core)
    else:
        done, why = by_handshakes(server, how, seconds, stage.load_core, client)
    cpu, busy, wall = (b - a for a, b in zip(before, (procs.cpu_s(ids), procs.busy_s(stage.core), time.monotonic())))
    r = {'requests': done, 'per_cpu_s': done / cpu if cpu else 0, 'wall_rate': done / wall, 'server_busy': cpu / wall,
         'others_busy': max(0.0, busy - cpu) / wall}
    if why or ids != procs.threads(server.child.pid):
        r['discarded'] = why or 'the threads of the server changed meanwhile, so its CPU time is not known'
    return r



def rows(table):
    return report.rate_rows(table, 'req')


def lines(table):
    return report.beside(table, ('nginx',))


def part(a, stage, result, alternate, progress, say):
    """Runs the workloads; fills result['tables'] and prints each."""
    wanted = [w for w in a.only if w in WORKLOADS]
    if not shutil.which('h2load'):
        say('HTTPS is SKIPPED: h2load is not installed (apt-get install nghttp2-client)')
        return
    client, running = servers.compile_c('tls_handshakes', stage.folder, '-lssl', '-lcrypto'), []
    for kind in (Seawall, Nginx):
        if a.servers and kind.name not in a.servers:
            continue
        server = kind(stage)
        try:
            result['candidates'].setdefault(kind.name, {'version': server.version()})
        except servers.Missing as e:
            result['skipped'][kind.name] = str(e)
            say(f'{kind.name} is SKIPPED: {e}')
            continue
        server.folder += '-https'
        server.start()
        running.append(server)
        procs.wait_for(f'HTTPS of {server.name}', lambda s=server: ready(s, client))
    for workload in wanted:
        result['titles'][workload] = WORKLOADS[workload][0]
        table = result['tables'][workload] = alternate(running, a.rounds, lambda s: round_of(s, workload, a.seconds, stage, client),
                                                       progress(workload), result['discarded'].setdefault(workload, []))
        print(f'== {WORKLOADS[workload][0]}', report.plain(rows(table)), *lines(table), '', sep='\n', flush=True)
    for server in running:
        server.stop()
