# SPDX-License-Identifier: Apache-2.0
"""Processes as /proc shows them, and children that end with us."""
import atexit
import ctypes
import os
import resource
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
TICKS = os.sysconf('SC_CLK_TCK')
_libc = ctypes.CDLL(None, use_errno=True)
_children = []


def cores():
    """The core of the server and that of the load: the first two that we may use."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise SystemExit('bench: two cores are needed, one for the server and one for the load')
    return usable[0], usable[1]


def files_max():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def start(argv, core, **options):
    """Starts a program pinned to a core, in a session of its own, with as many descriptors as the hard limit allows."""
    hard = files_max()

    def before_exec():
        os.sched_setaffinity(0, {core})
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

    child = subprocess.Popen(argv, preexec_fn=before_exec, start_new_session=True, **options)
    _children.append(child)
    return child


def stop(child, patience=10):
    """SIGTERM, then SIGKILL for what is left of its family."""
    family = tree(child.pid) if child.poll() is None else []
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            pass
    for pid in family:
        if alive(pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    child.wait()
    if child in _children:
        _children.remove(child)


@atexit.register
def stop_all():
    for child in list(_children):
        stop(child, 3)


def read(path):
    try:
        with open(path, 'rb') as f:
            return f.read().decode('utf-8', 'replace')
    except OSError:
        return ''


def alive(pid):
    state = read(f'/proc/{pid}/stat').rpartition(') ')[2][:1]
    return state not in ('', 'Z', 'X')


def tree(root):
    """A process and all below it, by parent."""
    parent = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            fields = read(f'/proc/{name}/stat').rpartition(') ')[2].split()
            if fields and fields[0] not in 'ZX':
                parent[int(name)] = int(fields[1])
    ours = {root}
    while True:
        more = {pid for pid, up in parent.items() if up in ours} - ours
        if not more:
            return sorted(pid for pid in ours if pid in parent)
        ours |= more


def threads(root):
    """(process, thread) of a family."""
    out = []
    for pid in tree(root):
        try:
            out += [(pid, int(tid)) for tid in os.listdir(f'/proc/{pid}/task')]
        except OSError:
            pass
    return out


def cpu_s(thread_ids):
    """Seconds of CPU of these threads, by the scheduler's run time; by ticks where it does not keep that."""
    total = 0.0
    for pid, tid in thread_ids:
        run = read(f'/proc/{pid}/task/{tid}/schedstat').split()
        if run:
            total += int(run[0]) / 1e9
        else:
            fields = read(f'/proc/{pid}/task/{tid}/stat').rpartition(') ')[2].split()
            total += (int(fields[11]) + int(fields[12])) / TICKS if fields else 0
    return total


def rss_bytes(root):
    total = 0
    for pid in tree(root):
        for line in read(f'/proc/{pid}/status').splitlines():
            if line.startswith('VmRSS:'):
                total += int(line.split()[1]) * 1024
    return total


def strays(root, core):
    """Threads that may run elsewhere than on their core."""
    out = []
    for pid, tid in threads(root):
        try:
            if os.sched_getaffinity(tid) != {core}:
                out.append((pid, tid))
        except ProcessLookupError:
            pass
    return out


def busy_s(core):
    """Seconds that a core has not been idle since boot, whoever it ran."""
    for line in read('/proc/stat').splitlines():
        if line.startswith(f'cpu{core} '):
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, line.split()[1:9])
            return (user + nice + system + irq + softirq + steal) / TICKS
    return 0.0


def wait_for(what, test, within=15):
    """Waits until test() is true."""
    end = time.monotonic() + within
    while not test():
        if time.monotonic() > end:
            raise RuntimeError(f'no {what} within {within} s')
        time.sleep(0.02)
