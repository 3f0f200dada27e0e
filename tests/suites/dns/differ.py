# SPDX-License-Identifier: Apache-2.0
"""Asks two servers of one zone the same questions and compares what they mean by their answers."""
import queue
import random
import re
import threading

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

import zone as zones

SIGNING = {'RRSIG', 'NSEC', 'NSEC3', 'NSEC3PARAM', 'DNSKEY', 'CDS', 'CDNSKEY'}
HIDDEN = {dns.rdatatype.from_text(t) for t in SIGNING}
PLACES = '''foo.wild a.b.wild x.exact.wild y.sub.exact.wild foo.cwild foo.owild foo.mx b.c.ent c.ent ent z.c.ent ent2 host.deleg ns.deleg
a.b.secure x.lame zzz _tcp _udp star _x.foo.star intocut loop1 dangling out wildtarget'''.split()


def questions(z, origin, extra, seed=1):
    """Every name with its own and other types, names around each, and so many random ones."""
    rnd, top = random.Random(seed), dns.name.from_text(origin)
    names = {n: [dns.rdatatype.to_text(r.rdtype) for r in node.rdatasets] for n, node in z.items()}
    hosts = [n for n in names if re.match(rb'[hc]\d+$', n.labels[0])]
    special = [n for n in names if n not in set(hosts)]
    asked = []

    def ask(labels, base, kind):
        try:
            asked.append((dns.name.Name(tuple(labels) + base.labels).to_text(), kind))
        except dns.exception.DNSException:
            pass  # too long for a name

    for n in special:
        for kind in set(names[n]) - SIGNING | {'A', 'AAAA', 'TXT', 'NS', 'DS', 'CNAME', 'SOA', 'MX', 'TYPE65281'}:
            ask((), n, kind)
        for below in (b'nope', b'*', b'a-b'):
            ask((below,), n, 'A')
            ask((b'x', below), n, 'TXT')
        above = n
        while above != top:
            above = above.parent()
            ask((), above, 'A')
    for place in PLACES:
        for kind in zones.TYPES:
            ask((), dns.name.from_text(f'{place}.{origin}'), kind)
    for _ in range(extra):
        k = rnd.random()
        if k < .45 and hosts:
            ask((), rnd.choice(hosts), rnd.choice(['A', 'A', 'AAAA', 'CNAME', 'TXT', 'HTTPS']))
        elif k < .65:
            ask((b'%x' % rnd.getrandbits(48),), top, rnd.choice(zones.TYPES))
        elif k < .8:
            ask((b'%x' % rnd.getrandbits(20),), rnd.choice(special), rnd.choice(zones.TYPES))
        elif k < .9:
            n = ''.join(c.upper() if rnd.random() < .5 else c for c in rnd.choice(special).to_text())
            asked.append((n, rnd.choice(zones.TYPES)))
        else:
            ask((), rnd.choice(special), rnd.choice(zones.TYPES))
    asked += [(n, 'A') for n in ('other.test.', 'test.', '.', f'{origin}.example.', f'x{origin}.')]
    return list(dict.fromkeys(asked))


def ask(port, name, kind, tcp, edns, dnssec):
    m = dns.message.make_query(name, kind, use_edns=0 if edns or dnssec else False, payload=1232 if edns or dnssec else 0, want_dnssec=dnssec)
    m.flags &= ~dns.flags.RD
    for _ in range(3):
        try:
            if not tcp:
                r = dns.query.udp(m, '127.0.0.1', 3, port)
                if not r.flags & dns.flags.TC:
                    return r
            return dns.query.tcp(m, '127.0.0.1', 5, port)
        except (dns.exception.Timeout, ConnectionError):
            continue
        except Exception as e:
            return type(e).__name__
    return 'no answer'


def texts(sections):
    """Records as comparable texts; serials never count."""
    out = []
    for s in sections:
        for x in s:
            text = x.to_text().lower()
            if s.rdtype == dns.rdatatype.SOA:
                text = re.sub(r'^(\S+ \S+) \d+', r'\1 serial', text)
            out.append((s.name.to_text().lower(), dns.rdatatype.to_text(s.rdtype), s.ttl, text))
    return tuple(sorted(out))


def meaning(r, compact):
    """What an answer says. compact: a denial of the name and of the type are one (to DO, compact denial says NOERROR)."""
    if not isinstance(r, dns.message.Message):
        return ('broken', r)
    answer = texts(s for s in r.answer if s.rdtype not in HIDDEN)
    soa = any(s.rdtype == dns.rdatatype.SOA for s in r.authority)
    ns = [s for s in r.authority if s.rdtype in (dns.rdatatype.NS, dns.rdatatype.DS)]
    rcode, kind = r.rcode(), 'answer'
    if not answer:
        kind = 'no name' if rcode == dns.rcode.NXDOMAIN else 'no data' if soa else 'referral' if ns and not r.flags & dns.flags.AA else 'empty'
    if compact and rcode == dns.rcode.NXDOMAIN:
        rcode, kind = dns.rcode.NOERROR, 'no data' if kind == 'no name' else kind
    authority = () if kind == 'answer' else texts(s for s in r.authority if s.rdtype not in HIDDEN)
    return (dns.rcode.to_text(rcode), bool(r.flags & dns.flags.AA), bool(r.flags & dns.flags.RA), kind, answer, authority)


def compare(port, reference, asked, dnssec=False, jobs=6):
    """Returns [(name, type, ours, theirs)] of those that differ, and how many questions came back in another case."""
    todo, out, lost, lock = queue.Queue(), [], [], threading.Lock()
    for q in asked:
        todo.put(q)

    def work(number):
        rnd = random.Random(number)
        while True:
            try:
                name, kind = todo.get_nowait()
            except queue.Empty:
                return
            tcp, edns = rnd.random() < .05, rnd.random() < .7
            a, b = (ask(p, name, kind, tcp, edns, dnssec) for p in (port, reference))
            ours, theirs = meaning(a, dnssec), meaning(b, dnssec)
            with lock:
                if ours != theirs:
                    out.append((name, kind, ours, theirs))
                if isinstance(a, dns.message.Message) and a.question and a.question[0].name.to_text() != name:
                    lost.append(name)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(jobs)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return out, lost
