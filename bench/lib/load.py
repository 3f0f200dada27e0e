# SPDX-License-Identifier: Apache-2.0
"""One round of load on one candidate, and whether it counts."""
import json
import os
import subprocess
import time

import procs
import servers

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# name -> (what it is, path, connections, new connection for each request, how the origin takes part)
WORKLOADS = {
    'hit-1k': ('cache hit, 1 KiB, keep-alive', servers.HIT_1K, 64, False, 'never'),
    'hit-64k': ('cache hit, 64 KiB, keep-alive', servers.HIT_64K, 64, False, 'never'),
    'miss': ('miss through to the origin, 1 KiB, keep-alive on both sides', servers.DYNAMIC, 64, False, 'always'),
    'app': ('app request through the router to one of two instances, 1 KiB, keep-alive on both sides', servers.APP, 64, False, 'always'),
    'new-conn': ('cache hit, 1 KiB, a new connection for each request', servers.HIT_1K, 64, True, 'never'),
}


def candidates_of(workload, running):
    """Access logs and nginx as usual are compared with hits only; the bare responder is no proxy."""
    out = []
    for s in running:
        if s.name.endswith('+ log') and workload != 'hit-1k' or s.name == 'nginx sendfile' and not workload.startswith('hit'):
            continue
        if workload in ('miss', 'app') and isinstance(s, servers.Responder) or workload == 'app' and isinstance(s, servers.H2o):
            continue
        out.append(s)
    return out


def round_of(server, workload, seconds, scene):
    """Runs wrk once; a dict of what was measured, with 'discarded': why, when it must not count."""
    if server.death():
        return {'discarded': server.death(), 'dead': True}
    _what, path, connections, close, origin_part = WORKLOADS[workload]
    url = f'http://127.0.0.1:{server.port_for(path, close)}{path}'
    argv = ['wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--latency', '-s', os.path.join(HERE, 'summary.lua'),
            '-H', f'Host: {servers.HOST}', *(['-H', 'Connection: close'] if close else []), url]
    before_threads, origin_threads = procs.threads(server.child.pid), procs.threads(scene.origin.child.pid)
    before = procs.cpu_s(before_threads), procs.cpu_s(origin_threads), procs.busy_s(scene.core), time.monotonic()
    wrk = procs.start(argv, scene.load_core, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        output = wrk.communicate(timeout=seconds + 30)[0]
    finally:
        procs.stop(wrk)
    after = procs.cpu_s(before_threads), procs.cpu_s(origin_threads), procs.busy_s(scene.core), time.monotonic()
    cpu, origin_cpu, core_busy, wall = (b - a for a, b in zip(before, after))
    if server.death():
        return {'discarded': server.death(), 'dead': True}
    rows = [line[5:] for line in output.splitlines() if line.startswith('JSON ')]
    if not rows:
        return {'discarded': 'wrk said: ' + output.strip()[-300:]}
    said = json.loads(rows[0])
    r = {'requests': said['requests'], 'wall_s': said['wall_us'] / 1e6, 'cpu_s': cpu, 'origin_cpu_s': origin_cpu,
         'p50_us': said['p50_us'], 'p99_us': said['p99_us'], 'max_us': said['max_us'], 'errors': said['errors'],
         'per_cpu_s': said['requests'] / cpu if cpu else 0, 'wall_rate': said['requests'] * 1e6 / said['wall_us'],
         'server_busy': cpu / wall, 'others_busy': max(0.0, core_busy - cpu) / wall}
    why = why_discard(r, said, path, origin_part, before_threads != procs.threads(server.child.pid))
    if why:
        r['discarded'] = why
    server.quiet()
    return r


def why_discard(r, said, path, origin_part, threads_changed):
    errors = ', '.join(f'{n} {kind}' for kind, n in said['errors'].items() if n)
    if errors:
        return f'errors: {errors}'
    if not r['requests']:
        return 'no request was answered'
    if said['bytes'] < r['requests'] * servers.BODY_BYTES[path]:
        return 'answers were shorter than the object'
    if threads_changed:
        return 'the threads of the server changed meanwhile, so its CPU time is not known'
    if origin_part == 'never' and r['origin_cpu_s'] > 0.02 * r['wall_s']:
        return 'the origin worked: these were not cache hits'
    if origin_part == 'always' and r['origin_cpu_s'] < r['requests'] * 1e-6:
        return 'the origin did not work: these were not misses'
    return None


def idle_of(server, count, scene):
    """Memory of idle connections of a freshly started server."""
    count = min(count, server.idle_max)
    server.start()
    try:
        for _ in range(3):
            servers.fetch(server.port_for(servers.HIT_1K, False), servers.HIT_1K)
        time.sleep(0.5)
        base = procs.rss_bytes(server.child.pid)
        argv = [scene.idler, str(server.port_for(servers.HIT_1K, False)), str(count), servers.HOST, servers.HIT_1K]
        helper = procs.start(argv, scene.load_core, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True)
        try:
            opened = int(helper.stdout.readline().split()[1])
            time.sleep(1)
            full = procs.rss_bytes(server.child.pid)
            alive_text, complaint = helper.communicate(timeout=30)
            alive = int(alive_text.split()[1])
        finally:
            procs.stop(helper)
        time.sleep(1)
        r = {'connections': opened, 'alive': alive, 'rss_before': base, 'rss_open': full,
             'rss_after': procs.rss_bytes(server.child.pid), 'bytes_per_connection': (full - base) / max(1, opened)}
        if opened < count or alive < opened:
            r['discarded'] = f'{opened} of {count} connections opened, {alive} stayed open; {complaint.strip()[-200:]}'
        return r
    finally:
        server.stop()
