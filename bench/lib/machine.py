# SPDX-License-Identifier: Apache-2.0
"""What was measured where."""
import os
import platform
import re
import subprocess

import procs

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def cpu_model():
    for line in procs.read('/proc/cpuinfo').splitlines():
        if line.startswith('model name'):
            return line.split(':', 1)[1].strip()
    return platform.machine()


def memory_gib():
    return round(os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30)


def system():
    for line in procs.read('/etc/os-release').splitlines():
        if line.startswith('PRETTY_NAME='):
            return line.split('=', 1)[1].strip('"')
    return platform.system()


def kind():
    """A file name's worth of the machine: cores and processor."""
    words = re.sub(r'\((R|TM)\)|\bCPU\b|\bProcessor\b|@.*', ' ', cpu_model(), flags=re.I).lower()
    return f'{os.cpu_count()}core-' + '-'.join(re.findall(r'[a-z0-9]+', words)[:4])


def commit():
    def git(*args):
        run = subprocess.run(['git', '-C', ROOT, *args], capture_output=True, text=True)
        return run.stdout.strip() if run.returncode == 0 else ''
    head = git('rev-parse', '--short=12', 'HEAD')
    if not head:
        return 'unknown'
    return head + ('+changes' if git('status', '--porcelain', '--', 'src') else '')


def describe():
    return {'cpu': cpu_model(), 'cores': os.cpu_count(), 'memory_gib': memory_gib(), 'kernel': platform.release(),
            'system': system(), 'commit': commit(),
            'congestion_control': procs.read('/proc/sys/net/ipv4/tcp_congestion_control').strip(),
            'virtual': 'hypervisor' in procs.read('/proc/cpuinfo').split('flags', 1)[-1].split('\n', 1)[0].split()}
