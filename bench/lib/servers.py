# SPDX-License-Identifier: Apache-2.0
"""The candidates: how each is configured and started, and what each is asked in each workload."""
import json
import os
import shutil
import socket
import subprocess

import procs

HOST = 'www.bench.test'
HIT_1K, HIT_64K, DYNAMIC, APP = '/1k.css', '/64k.bin', '/api/x', '/app/x'
CONNECTIONS_MAX = 16384  # of each server, where it must be told
BODY_BYTES = {HIT_1K: 1024, HIT_64K: 65536, DYNAMIC: 1024, APP: 1024}
_ports = set()


class Missing(Exception):
    """A candidate that is not on this machine, with what to do about it."""


def free_port():
    while True:
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            port = s.getsockname()[1]
        if port not in _ports:
            _ports.add(port)
            return port


def fetch(port, path):
    """One request; the head of the answer as text and the bytes of its body."""
    with socket.create_connection(('127.0.0.1', port), 5) as s:
        s.settimeout(5)
        s.sendall(f'GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n'.encode())
        got = b''
        while True:
            try:
                more = s.recv(262144)
            except TimeoutError as e:  # an answer of unknown length on a connection that stays open
                if b'\r\n\r\n' not in got:
                    raise RuntimeError(f'{path} on port {port}: no answer in 5 s; got {got[:200]!r}') from e
                more = b''
            got += more
            head, found, body = got.partition(b'\r\n\r\n')
            length = [int(line[15:]) for line in head.lower().split(b'\r\n') if line.startswith(b'content-length:')]
            if not more or found and length and len(body) >= length[0]:
                return head.decode('latin1'), len(body)


def compile_c(name, into, *libraries):
    program = os.path.join(into, name)
    source = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), name + '.c')
    compiler = shutil.which('cc') or shutil.which('gcc') or shutil.which('clang')
    if not compiler:
        raise SystemExit('bench: a C compiler is needed (apt-get install gcc libc6-dev)')
    subprocess.run([compiler, '-O2', '-o', program, source, *libraries], check=True)
    return program


class Server:
    """Something that answers on 127.0.0.1. Subclasses set name and argv(); folder is theirs alone."""
    name = ''
    idle_max = CONNECTIONS_MAX - 64

    def __init__(self, scene):
        self.scene, self.child = scene, None
        self.folder = os.path.join(scene.folder, self.name.replace(' ', '-').replace('+', 'and'))
        self.port, self.core = free_port(), scene.core
        self.app_port = free_port()  # the router of an app with two instances

    def port_for(self, path, _close):
        return self.app_port if path == APP else self.port

    def write(self, name, text):
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, name), 'w') as f:
            f.write(text)

    def start(self):
        os.makedirs(self.folder, exist_ok=True)
        self.output = open(os.path.join(self.folder, 'output'), 'w+')
        self.child = procs.start(self.argv(), self.core, stdin=subprocess.PIPE, stdout=self.output,
                                 stderr=subprocess.STDOUT, cwd=self.folder)
        try:
            procs.wait_for(f'answer of {self.name}', self.answers)
        except RuntimeError as e:
            self.stop()
            raise RuntimeError(f'{e}\n{procs.read(self.output.name)[-3000:]}') from None
        stray = procs.strays(self.child.pid, self.core)
        if stray:
            raise RuntimeError(f'{self.name}: threads leave core {self.core}: {stray}')

    def answers(self):
        if self.child.poll() is not None:
            raise RuntimeError(f'{self.name} ended with {self.child.returncode}')
        try:
            return ' 200 ' in fetch(self.port_for(HIT_1K, False), HIT_1K)[0].split('\r\n')[0] + ' '
        except OSError:
            return False

    def death(self):
        """What a server that should be running left behind; '' while it runs."""
        if self.child.poll() is None:
            return ''
        return f'{self.name} ended with {self.child.returncode}\n{procs.read(self.output.name)[-3000:]}'.strip()

    def stop(self):
        if self.child:
            procs.stop(self.child)
            self.child.stdin.close()
            self.output.close()
            self.child = None

    def quiet(self):
        """Empties what grows with the load, so that it does not fill the memory that it lies in."""
        for name in ('access.log',):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                os.truncate(path, 0)


class Responder(Server):
    """The bare epoll responder, and in the role of the origin on the core of the load."""
    name = 'bare epoll'

    def __init__(self, scene):
        super().__init__(scene)
        self.ports = {'small': self.port, 'large': free_port(), 'close': free_port()}

    def port_for(self, path, close):
        return self.ports['close' if close else 'large' if path == HIT_64K else 'small']

    def argv(self):
        p = self.ports
        return [self.scene.responder, f'{p["small"]}:1024', f'{p["large"]}:65536', f'{p["close"]}:1024:close']

    def version(self):
        return 'bench/epoll_responder.c'


class Origin(Server):
    """The origin of the cached objects, and as two addresses the instances of an app."""
    name = 'origin'

    def instances(self):
        return [self.port, self.app_port]

    def argv(self):
        return [self.scene.responder, *(f'{port}:origin' for port in self.instances())]


class Seawall(Server):
    name = 'seawall'
    log = ''

    def argv(self):
        for d in ('data', 'plan'):
            os.makedirs(os.path.join(self.folder, d), exist_ok=True)
        zone = {'kind': 'zone', 'name': 'bench.test',
                'hosts': [{'name': HOST, 'origins': [f'127.0.0.1:{self.scene.origin.port}']}]}
        os.chmod(self.folder, 0o777)  # the log is written by the edge's own user
        app = {'kind': 'app', 'name': 'bench', 'id': 'bench', 'status': 'running', 'hosts': [HOST], 'default_host': HOST, 'generation': 1,
               'instances': [{'name': f'web-{i}', 'id': f'i{i}', 'address': f'127.0.0.1:{port}'}
                             for i, port in enumerate(self.scene.origin.instances(), 1)]}
        self.write('plan/zone-bench.test.json', json.dumps(zone))
        self.write('plan/app-bench.json', json.dumps(app))
        self.write('seawall.conf', '[node]\nname = bench\ndata = data\nworkers = 1\n'
                   f'[listen]\nhttp = 127.0.0.1:{self.port}\nplatform_http = 127.0.0.1:{self.app_port}\n[plan]\nfolder = plan\n{self.log}')
        return [self.scene.seawall, 'serve', '--config', 'seawall.conf']

    def version(self):
        if not os.access(self.scene.seawall, os.X_OK):
            raise Missing('there is no such program; ./run --build makes build/seawall, --seawall names another')
        return first_line([self.scene.seawall, '--version'])


class SeawallLog(Seawall):
    name = 'seawall + log'
    log = '[log]\naccess = access.log\n'


# Tuned by measuring each setting: without sendfile this version answers both sizes from its cache a good deal faster (one
# read of head and body, one write), and tcp_nopush makes 64 KiB answers wait 40 ms for the client's delayed ACK.
NGINX = '''
{user}worker_processes 1;
worker_rlimit_nofile {files};
daemon off;
pid nginx.pid;
error_log error.log error;
events {{ worker_connections {connections}; multi_accept on; use epoll; }}
http {{
	types {{ text/css css; }}
	access_log {log};
	sendfile {sendfile};
	output_buffers 1 128k;
	tcp_nopush off;
	tcp_nodelay on;
	keepalive_timeout 600s;
	keepalive_requests 1000000000;
	open_file_cache max=1000 inactive=600s;
	open_file_cache_valid 600s;
	open_file_cache_min_uses 1;
	server_tokens off;
	client_body_temp_path body;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	proxy_temp_path proxy;
	proxy_cache_path cache levels=1:2 keys_zone=c:16m inactive=2h max_size=256m use_temp_path=off;
	proxy_http_version 1.1;
	proxy_set_header Connection "";
	proxy_set_header Host $host;
	upstream origin {{
		server 127.0.0.1:{origin};
		keepalive 256;
		keepalive_requests 1000000000;
		keepalive_timeout 600s;
	}}
	server {{
		listen 127.0.0.1:{port} backlog=4096 deferred;
		server_name {host};
		location / {{
			proxy_pass http://origin;
			proxy_cache c;
		}}
		location /api/ {{
			proxy_pass http://origin;
		}}
	}}
	upstream app {{
{instances}
		keepalive 256;
		keepalive_requests 1000000000;
		keepalive_timeout 600s;
	}}
	server {{
		listen 127.0.0.1:{app_port} backlog=4096 deferred;
		server_name {host};
		location / {{
			proxy_pass http://app;
			proxy_buffering off;
			proxy_set_header Connection "";
			proxy_set_header Host $host;
			proxy_set_header X-Real-IP $remote_addr;
			proxy_set_header X-Forwarded-For $remote_addr;
			proxy_set_header X-Forwarded-Proto $scheme;
			proxy_set_header X-Forwarded-Port 80;
			proxy_set_header X-Request-ID $request_id;
			proxy_set_header X-Request-Start "t=$msec";
			add_header X-Request-ID $request_id;
		}}
	}}
}}
'''


class Nginx(Server):
    name = 'nginx'
    log = 'off'
    sendfile = 'off'

    def argv(self):
        files = CONNECTIONS_MAX + 1024
        self.write('nginx.conf', NGINX.format(user='user root root;\n' if os.geteuid() == 0 else '', port=self.port, log=self.log,
                                              connections=CONNECTIONS_MAX, origin=self.scene.origin.port, host=HOST,
                                              files=files, sendfile=self.sendfile, app_port=self.app_port,
                                              instances='\n'.join(f'\t\tserver 127.0.0.1:{port};' for port in self.scene.origin.instances())))
        return [program('nginx'), '-p', self.folder + '/', '-c', os.path.join(self.folder, 'nginx.conf'),
                '-e', os.path.join(self.folder, 'error.log')]

    def version(self):
        return first_line([program('nginx') or missing('nginx', 'nginx-light'), '-v'])


class NginxLog(Nginx):
    name = 'nginx + log'
    log = 'access.log combined buffer=64k flush=1s'


class NginxSendfile(Nginx):
    """As it is usually set up; measured beside the tuned one in the hit workloads."""
    name = 'nginx sendfile'
    sendfile = 'on'


H2O = '''
{user}num-threads: 1
max-connections: {connections}
http1-request-timeout: 600
pid-file: h2o.pid
error-log: error.log
proxy.timeout.keepalive: 60000
proxy.preserve-host: ON
listen: {{ host: 127.0.0.1, port: {port} }}
hosts:
  "{host}:{port}":
    paths:
      "/":
        file.dir: files
      "/api":
        proxy.reverse.url: "http://127.0.0.1:{origin}/api"
'''


class H2o(Server):
    """Static files for the hits: this version has no cache."""
    name = 'h2o'

    def argv(self):
        for path in (HIT_1K, HIT_64K):
            os.makedirs(os.path.join(self.folder, 'files'), exist_ok=True)
            self.write('files' + path, 'x' * BODY_BYTES[path])
        self.write('h2o.conf', H2O.format(user='user: root\n' if os.geteuid() == 0 else '', port=self.port, host=HOST,
                                          connections=CONNECTIONS_MAX, origin=self.scene.origin.port))
        return [program('h2o'), '-c', 'h2o.conf']

    def version(self):
        return first_line([program('h2o') or missing('h2o', 'h2o'), '-v'])


class Haproxy(Server):
    name = 'haproxy'
    maxconn = min(CONNECTIONS_MAX, (procs.files_max() - 200) // 2)  # it wants two descriptors for each
    idle_max = maxconn - 64

    def argv(self):
        instances = '\n'.join(f'\tserver web-{i} 127.0.0.1:{port} pool-max-conn 256'
                              for i, port in enumerate(self.scene.origin.instances(), 1))
        self.write('haproxy.conf', f'''
global
	nbthread 1
	maxconn {self.maxconn}
	tune.bufsize 131072
defaults
	mode http
	timeout connect 5s
	timeout client 600s
	timeout server 60s
	timeout http-keep-alive 600s
	http-reuse always
cache c
	total-max-size 64
	max-object-size 100000
	max-age 3600
frontend f
	bind 127.0.0.1:{self.port} defer-accept
	acl dynamic path_beg /api/
	http-request cache-use c if !dynamic
	http-response cache-store c
	default_backend b
backend b
	server origin 127.0.0.1:{self.scene.origin.port} pool-max-conn 256
frontend app
	bind 127.0.0.1:{self.app_port} defer-accept
	unique-id-format %[uuid()]
	unique-id-header X-Request-ID
	http-request set-header X-Real-IP %[src]
	http-request set-header X-Forwarded-For %[src]
	http-request set-header X-Forwarded-Proto http
	http-request set-header X-Forwarded-Port 80
	http-request set-header X-Request-Start t=%[date()].%[date_us()]
	http-response set-header X-Request-ID %[unique-id]
	default_backend app
backend app
	balance roundrobin
{instances}
''')
        return [program('haproxy'), '-db', '-f', 'haproxy.conf']

    def version(self):
        return first_line([program('haproxy') or missing('haproxy', 'haproxy'), '-v'])


ALL = (Seawall, SeawallLog, Nginx, NginxLog, NginxSendfile, H2o, Haproxy, Responder)


def program(name):
    return shutil.which(name, path=os.environ.get('PATH', '') + ':/usr/sbin:/usr/local/sbin')


def missing(name, package):
    raise Missing(f'{name} is not installed (apt-get install {package})')


def first_line(argv):
    run = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return run.stdout.split('\n')[0].strip()
