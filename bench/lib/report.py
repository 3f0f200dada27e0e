# SPDX-License-Identifier: Apache-2.0
"""From rounds to medians, ratios and pages."""
import datetime
import json
import os
from statistics import median

import name_server
import secure

BASES = ('nginx', 'nginx sendfile', 'h2o', 'haproxy', 'bare epoll')
SUBJECTS = ('seawall', 'seawall + log')


def good(rounds):
    return [r for r in rounds if r and 'discarded' not in r]


def middle(rounds, key):
    return median(r[key] for r in good(rounds)) if good(rounds) else None


def spread(rounds, key):
    """How far the rounds lie apart: the mean distance from the median, in percent of it."""
    m = middle(rounds, key)
    return 100 * sum(abs(r[key] - m) for r in good(rounds)) / len(good(rounds)) / m if m else 0


def ratio(a, b, key):
    """The median of the ratios of rounds that ran side by side."""
    pairs = [x[key] / y[key] for x, y in zip(a, b) if x and y and 'discarded' not in x and 'discarded' not in y and y[key]]
    return median(pairs) if pairs else None


def base_for(subject, base, table):
    """With the log on, nginx with its log on is the peer."""
    return 'nginx + log' if base == 'nginx' and subject.endswith('+ log') and 'nginx + log' in table else base


def ratios(table, key):
    """[(subject, base, ratio)] of one workload; the peers against the ceiling, to see how much room there is."""
    out = []
    for subject in SUBJECTS + ('nginx', 'nginx sendfile', 'h2o'):
        for base in BASES:
            base = base_for(subject, base, table)
            if subject not in table or base not in table or subject == base:
                continue
            if subject not in SUBJECTS and base != 'bare epoll':
                continue
            value = ratio(table[subject], table[base], key)
            if value is not None:
                out.append((subject, base, value))
    return out


def thousands(n):
    return f'{n / 1000:.1f} k' if n >= 1000 else f'{n:.0f}'


def time_text(us):
    return f'{us / 1000:.2f} ms' if us >= 1000 else f'{us:.0f} us'


def http_rows(table):
    yield ('server', 'req/CPU-s', 'spread', 'us CPU/req', 'wall req/s', 'p50', 'p99', 'busy', 'others', 'rounds')
    for name, rounds in table.items():
        ok = good(rounds)
        if not ok:
            yield (name, 'none', '', '', '', '', '', '', '', f'0 of {len(rounds)}')
            continue
        m = {k: middle(rounds, k) for k in ('per_cpu_s', 'wall_rate', 'p50_us', 'p99_us', 'server_busy', 'others_busy')}
        yield (name, thousands(m['per_cpu_s']), f'{spread(rounds, "per_cpu_s"):.1f} %', f'{1e6 / m["per_cpu_s"]:.2f}',
               thousands(m['wall_rate']), time_text(m['p50_us']), time_text(m['p99_us']),
               f'{100 * m["server_busy"]:.0f} %', f'{100 * m["others_busy"]:.0f} %', f'{len(ok)} of {len(rounds)}')


def rate_rows(table, what):
    """Of servers that are judged by CPU alone; what: one of the things that they answer."""
    yield ('server', f'{what}/CPU-s', 'spread', f'us CPU/{what}', f'wall {what}/s', 'busy', 'others', 'rounds')
    for name, rounds in table.items():
        ok = good(rounds)
        if not ok:
            yield (name, 'none', '', '', '', '', '', f'0 of {len(rounds)}')
            continue
        m = {k: middle(rounds, k) for k in ('per_cpu_s', 'wall_rate', 'server_busy', 'others_busy')}
        yield (name, thousands(m['per_cpu_s']), f'{spread(rounds, "per_cpu_s"):.1f} %', f'{1e6 / m["per_cpu_s"]:.2f}',
               thousands(m['wall_rate']), f'{100 * m["server_busy"]:.0f} %', f'{100 * m["others_busy"]:.0f} %', f'{len(ok)} of {len(rounds)}')


def beside(table, peers):
    """Lines `seawall / peer: ratio` for those that ran."""
    pairs = ((p, ratio(table['seawall'], table[p], 'per_cpu_s')) for p in peers if 'seawall' in table and p in table)
    return [f'seawall / {p}: {value:.2f}' for p, value in pairs if value]


def idle_rows(table):
    yield ('server', 'KiB/connection', 'spread', 'connections', 'MiB before', 'MiB open', 'MiB after', 'rounds')
    for name, rounds in table.items():
        ok = good(rounds)
        if not ok:
            yield (name, 'none', '', '', '', '', '', f'0 of {len(rounds)}')
            continue
        mib = [f'{middle(rounds, k) / 2**20:.1f}' for k in ('rss_before', 'rss_open', 'rss_after')]
        yield (name, f'{middle(rounds, "bytes_per_connection") / 1024:.2f}', f'{spread(rounds, "bytes_per_connection"):.1f} %',
               f'{middle(rounds, "connections"):.0f}', *mib, f'{len(ok)} of {len(rounds)}')


def plain(rows):
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return '\n'.join('  '.join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip()
                     for row in rows)


def markdown(rows):
    rows = list(rows)
    lines = ['| ' + ' | '.join(row) + ' |' for row in rows]
    lines.insert(1, '| --- |' + ' ---: |' * (len(rows[0]) - 1))
    return '\n'.join(lines)


def section(workload, result, table_text):
    for part in (name_server, secure):
        if workload in part.WORKLOADS:
            return [table_text(part.rows(result['tables'][workload]))] + part.lines(result['tables'][workload])
    table, key = result['tables'][workload], 'bytes_per_connection' if workload == 'idle' else 'per_cpu_s'
    out = [table_text(idle_rows(table) if workload == 'idle' else http_rows(table))]
    out += [f'{a} / {b}: {value:.2f}' for a, b, value in ratios(table, key)]
    return out


def discarded(result):
    return [f'{workload}, {d["server"]}, {d["round"]}: {d["why"]}' for workload, lost in result['discarded'].items()
            for d in lost]


def page(result):
    m = result['machine']
    out = [f'# Benchmark of {result["date"]}', '',
           f'{m["cpu"]}{" (virtual machine)" if m["virtual"] else ""}, {m["cores"]} cores, {m["memory_gib"]} GiB, kernel '
           f'{m["kernel"]} (TCP {m["congestion_control"]}), {m["system"]}; commit {m["commit"]}; '
           f'{result["rounds"]} rounds of {result["seconds"]} s. How to read this: `bench/README.md`.', '', '## Candidates', '']
    out += [f'- {name}: {c["version"]}' + (f'; {c["head_bytes"]} bytes of head' if c.get('head_bytes') else '')
            for name, c in result['candidates'].items()]
    out += [f'- {name}: skipped, {why}' for name, why in result['skipped'].items()]
    for workload in result['tables']:
        table, *lines = section(workload, result, markdown)
        out += ['', f'## {result["titles"][workload]}', '', table]
        if lines:
            out += ['', 'less is better' if workload == 'idle' else 'more is better', ''] + ['- ' + line for line in lines]
    out += ['', '## Discarded rounds', ''] + (['- ' + d for d in discarded(result)] or ['None.'])
    out += ['', '## Heads of the answers', '']
    for name, c in result['candidates'].items():
        if c.get('head'):
            out += [f'{name}:', '```', c['head'].replace('\r', ''), '```']
    return '\n'.join(out) + '\n'


def save(result, folder, kind):
    """Writes both files under a name that is still free and gives that name."""
    os.makedirs(folder, exist_ok=True)
    stem = name = f'{result["date"][:10]}-{kind}'
    n = 1
    while os.path.exists(os.path.join(folder, name + '.json')):
        n += 1
        name = f'{stem}-{n}'
    with open(os.path.join(folder, name + '.json'), 'w') as f:
        json.dump(result, f, indent=1)
        f.write('\n')
    with open(os.path.join(folder, name + '.md'), 'w') as f:
        f.write(page(result))
    return name


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d %H:%M UTC')
