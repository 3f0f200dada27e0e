# SPDX-License-Identifier: Apache-2.0
"""What every measurement stands on: cores, a folder in memory, the helpers compiled, the origin running."""
import contextlib
import os
import shutil
import socket
import sys
import tempfile
import time

import procs
import servers


class Stage:
    """core: of the servers; load_core: of wrk and the origin; folder: for all that is written."""

    def __init__(self, folder, seawall):
        self.folder, self.seawall = folder, own_copy(seawall, folder)
        self.core, self.load_core = procs.cores()
        self.responder = servers.compile_c('epoll_responder', folder)
        self.idler = servers.compile_c('idle_connections', folder)
        self.origin = servers.Origin(self)
        self.origin.core = self.load_core


def own_copy(program, folder):
    """A build that ends meanwhile must not change what is measured."""
    if not os.path.isfile(program):
        return program
    copy = os.path.join(folder, 'seawall-program')
    shutil.copy(program, copy)
    return copy


def alone():
    """Waits until no other benchmark of this machine runs; it would sit on the same cores. Held until we end."""
    lock, said = socket.socket(socket.AF_UNIX), False
    while True:
        try:
            lock.bind('\0seawall-bench')
            return lock
        except OSError:
            if not said:
                print('bench: another benchmark is running here; waiting for its end', file=sys.stderr, flush=True)
            said = True
            time.sleep(1)


@contextlib.contextmanager
def stage(seawall):
    """Sets it up, and leaves neither process nor file behind."""
    lock = alone()
    memory = '/dev/shm'
    if not os.access(memory, os.W_OK | os.X_OK):
        print(f'bench: {memory} is not writable; caches lie in an ordinary temporary folder', file=sys.stderr)
        memory = None
    folder = tempfile.mkdtemp(prefix='seawall-bench-', dir=memory)
    os.chmod(folder, 0o755)  # started by root, Seawall's processes run as somebody else
    try:
        s = Stage(folder, seawall)
        s.origin.start()
        yield s
    finally:
        procs.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()
