# SPDX-License-Identifier: Apache-2.0
"""Name servers on loopback, each in a folder of its own, ended with it."""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import dns.message
import dns.query

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PROGRAM = os.path.join(ROOT, os.environ.get('SEAWALL_BIN', 'build/seawall'))
SLOW = float(os.environ.get('SEAWALL_SLOW', '1'))


def free_port():
    """A port that is free for UDP and TCP."""
    while True:
        with socket.socket() as t, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
            t.bind(('127.0.0.1', 0))
            try:
                u.bind(t.getsockname())
            except OSError:
                continue
            return t.getsockname()[1]


def wait_for(cond, seconds=15):
    """Until cond() is true; what it raises counts as not yet."""
    until = time.monotonic() + seconds * SLOW
    while time.monotonic() < until:
        try:
            if cond():
                return
        except Exception:
            pass
        time.sleep(0.05)
    raise RuntimeError('it did not happen in time')


class Server:
    """What a name server under test has: a port on loopback, a folder, a process."""

    name = 'tool'

    def __init__(self, zone_name):
        self.zone_name = zone_name
        self.port = free_port()
        self.dir = tempfile.mkdtemp(prefix=f'seawall-dns-{self.name}-')
        os.chmod(self.dir, 0o777)
        self.log = open(os.path.join(self.dir, 'log'), 'w+')
        self.process = None

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), 'w') as f:
            f.write(text)
        return self.path(name)

    def launch(self, argv):
        return subprocess.Popen(argv, stdout=self.log, stderr=self.log, cwd=self.dir)

    def spawn(self, *argv):
        self.process = self.launch(argv)
        until = time.monotonic() + 15 * SLOW
        while time.monotonic() < until and self.process.poll() is None:
            try:
                q = dns.message.make_query(self.zone_name, 'SOA')
                r = dns.query.udp(q, '127.0.0.1', 0.3 * SLOW, self.port)
                if r.answer:
                    return
            except Exception:
                pass
            time.sleep(0.05)
        self.log.seek(0)
        raise RuntimeError(f'{self.name} does not answer (status {self.process.poll()}):\n{self.log.read()[-2000:]}')

    def stop(self):
        """Ends it; returns its exit status and what it said."""
        status = None
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            try:
                status = self.process.wait(20 * SLOW)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.seek(0)
        said = self.log.read()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)
        return status, said


class Seawall(Server):
    name = 'seawall'

    def __init__(self, zone_name, limits=None, workers=1):
        super().__init__(zone_name)
        os.makedirs(self.path('plan'))
        os.makedirs(self.path('data'))
        for d in ('plan', 'data'):
            os.chmod(self.path(d), 0o777)
        http = free_port()
        rows = ''.join(f'{k} = {v}\n' for k, v in {'dns_rate_per_s': 0, **(limits or {})}.items())
        self.config = self.write('seawall.conf', f'''[node]
name = suite
data = {self.path('data')}
workers = {workers}
[listen]
http = 127.0.0.1:{http}
dns = 127.0.0.1:{self.port}
[plan]
folder = {self.path('plan')}
[limits]
{rows}''')

    def keys(self, zone_name):
        """Member dnssec for a zone of this node."""
        r = subprocess.run([PROGRAM, 'dns-keys', '--config', self.config, '--zone', zone_name], capture_output=True, text=True, check=True)
        return json.loads(r.stdout)

    def put(self, item):
        self.write('plan/.new', json.dumps(item))
        os.rename(self.path('plan/.new'), self.path(f"plan/{item['name']}.json"))

    def start(self):
        self.spawn(PROGRAM, 'serve', '--config', self.config)


class Knot(Server):
    name = 'knotd'

    def __init__(self, zone_name, text, signed=False):
        super().__init__(zone_name)
        self.write('zone', text)
        policy = '''policy:
  - id: p
    algorithm: ecdsap256sha256
''' if signed else ''
        more = '    dnssec-signing: on\n    dnssec-policy: p\n' if signed else ''
        self.config = self.write('knot.conf', f'''server:
    rundir: "{self.dir}"
    listen: 127.0.0.1@{self.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    identity: ""
log:
  - target: stderr
    any: warning
database:
    storage: "{self.dir}"
acl:
  - id: loopback
    address: 127.0.0.1
    action: transfer
{policy}template:
  - id: default
    storage: "{self.dir}"
    semantic-checks: off
zone:
  - domain: {zone_name}
    file: "{self.path('zone')}"
    zonefile-sync: -1
    journal-content: none
    acl: loopback
{more}''')

    def start(self):
        self.spawn('knotd', '-c', self.config)


class Secondary(Server):
    """A knotd that has its zone from another server only."""

    name = 'knotd'

    def __init__(self, zone_name, primary_port):
        super().__init__(zone_name)
        self.config = self.write('knot.conf', f'''server:
    rundir: "{self.dir}"
    listen: 127.0.0.1@{self.port}
    identity: ""
log:
  - target: stderr
    any: warning
database:
    storage: "{self.dir}"
remote:
  - id: primary
    address: 127.0.0.1@{primary_port}
zone:
  - domain: {zone_name}
    storage: "{self.dir}"
    file: "{self.path('zone')}"
    master: primary
''')

    def start(self):
        self.spawn('knotd', '-c', self.config)


class Nsd(Server):
    name = 'nsd'

    def __init__(self, zone_name, text):
        super().__init__(zone_name)
        self.write('zone', text)
        self.config = self.write('nsd.conf', f'''server:
  ip-address: 127.0.0.1@{self.port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{self.dir}"
  pidfile: "{self.path('nsd.pid')}"
  database: ""
  xfrdfile: "{self.path('xfrd.state')}"
  zonelistfile: "{self.path('zone.list')}"
  xfrdir: "{self.dir}"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: {zone_name}
  zonefile: "{self.path('zone')}"
''')

    def start(self):
        self.spawn('nsd', '-d', '-c', self.config)
