# SPDX-License-Identifier: Apache-2.0
"""Floods of random names and of malformed packets: memory stays bounded, and honest questions are answered meanwhile."""
import os
import random
import socket
import struct
import threading
import time

import dns.message
import dns.query


def rss_kib(pid):
    """Resident memory of a process and all below it."""
    total, parents = 0, {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open(f'/proc/{name}/stat') as f:
                    parents[int(name)] = int(f.read().rsplit(') ', 1)[1].split()[1])
            except OSError:
                continue
    ours = {pid}
    for _ in range(4):
        ours |= {p for p, up in parents.items() if up in ours}
    for p in ours:
        try:
            with open(f'/proc/{p}/status') as f:
                total += sum(int(row.split()[1]) for row in f if row.startswith('VmRSS:'))
        except OSError:
            continue
    return total


def random_name(rnd, origin):
    """A signed denial each time: nothing of it can be kept for the next one."""
    labels = b''.join(bytes([len(x)]) + x for x in [b'%x' % rnd.getrandbits(60)] + [p.encode() for p in origin.split('.')]) + b'\0'
    opt = b'\0' + struct.pack('>HHIH', 41, 1232, 0x8000, 0)
    return struct.pack('>6H', rnd.getrandbits(16), 0, 1, 0, 0, 1) + labels + struct.pack('>2H', 1, 1) + opt


def malformed(rnd, origin):
    """A query with some bytes changed, cut or added."""
    b = bytearray(random_name(rnd, origin))
    for _ in range(rnd.randrange(1, 6)):
        b[rnd.randrange(len(b))] = rnd.getrandbits(8)
    return bytes(b[:rnd.randrange(len(b))] if rnd.random() < .3 else b + os.urandom(rnd.randrange(40)))


def flood(port, origin, make, seconds, stop):
    """Sends as fast as this process can, without reading answers."""
    rnd, n = random.Random(11), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(('127.0.0.7', 0))  # a network of its own for the rate limit
        s.connect(('127.0.0.1', port))
        end = time.monotonic() + seconds
        while time.monotonic() < end and not stop.is_set():
            for _ in range(50):
                try:
                    s.send(make(rnd, origin))
                    n += 1
                except OSError:
                    pass
    return n


def run(server, origin, seconds, report):
    """server: a Seawall that is up, with its rate limit on."""
    before = rss_kib(server.process.pid)
    for name, make in (('random names', random_name), ('malformed packets', malformed)):
        stop, sent, asked, answered, slowest = threading.Event(), [0], 0, 0, 0.0
        thread = threading.Thread(target=lambda: sent.__setitem__(0, flood(server.port, origin, make, seconds, stop)))
        thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            q = dns.message.make_query(f'www.{origin}', 'A', want_dnssec=True)
            asked += 1
            since = time.monotonic()
            try:
                # Its own network, and an answer that the rate limit does not hold back.
                dns.query.tcp(q, '127.0.0.1', 3, server.port) if asked % 4 == 0 else dns.query.udp(q, '127.0.0.1', 1, server.port)
                answered += 1
                slowest = max(slowest, time.monotonic() - since)
            except Exception:
                pass
            time.sleep(0.01)
        stop.set()
        thread.join()
        grown = rss_kib(server.process.pid) - before
        ok = answered >= asked * .97 and grown < 64 * 1024 and sent[0] > 1000
        report(f'honest questions in a flood of {name}', ok,
               f'{answered} of {asked} answered, the slowest in {1000 * slowest:.0f} ms, beside {sent[0]} packets; {grown} KiB more memory')
