# SPDX-License-Identifier: Apache-2.0
"""What every measurement stands on: cores, a folder in memory, the helpers compiled, the origin running."""
import contextlib
import os
import shutil
import sys
import tempfile

import procs
import servers


class Stage:
    """core: of the servers; load_core: of wrk and the origin; folder: for all that is written."""

    def __init__(self, folder, seawall):
        self.folder, self.seawall = folder, seawall
        self.core, self.load_core = procs.cores()
        self.responder = servers.compile_c('epoll_responder', folder)
        self.idler = servers.compile_c('idle_connections', folder)
        self.origin = servers.Origin(self)
        self.origin.core = self.load_core


@contextlib.contextmanager
def stage(seawall):
    """Sets it up, and leaves neither process nor file behind."""
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
