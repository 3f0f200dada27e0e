# SPDX-License-Identifier: Apache-2.0
"""The body of ./test: builds, runs every kind of test, adds them up. tests/README.md says how tests are organised.

Every kind ends in Results: a test passed, failed (with an excerpt of what it said) or was skipped (with a reason).
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PREFIX = os.environ.get('SEAWALL_BUILD', 'build')  # build, build-asan, build-tsan, build-log
JOBS = max(1, min(2, os.cpu_count() or 1))
# Suites that the quick run leaves out: they take tens of seconds each, or what they need makes the run long.
FULL_ONLY = {'acme', 'attack', 'cache', 'challenges', 'clients', 'dashboard', 'dns', 'floods', 'load', 'tls'}
RUN_ID = uuid.uuid4().hex
COLOUR = sys.stdout.isatty() and os.environ.get('CI') != 'true' and not os.environ.get('NO_COLOR')
ATTEMPTS = 4  # scene files and suites of one run that get a second attempt
# Never repeated: what a sanitizer found, a failed check, a program that a signal ended.
GRAVE = re.compile(r'Sanitizer|runtime error:|seawall: panic|signal=(?:SEGV|ABRT|BUS|ILL|FPE)')
TOTAL = re.compile(r'^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$')

PROFILES = {
    '': ['-Dbuildtype=release'],
    '-asan': ['-Dbuildtype=debugoptimized', '-Db_sanitize=address,undefined', '-Db_lto=false', '-Dasan_arena=true',
              '-Ddcheck=true', '-Dwerror=true'],
    '-tsan': ['-Dbuildtype=debugoptimized', '-Db_sanitize=thread', '-Db_lto=false', '-Ddcheck=true'],
}
SANITIZERS = {
    'ASAN_OPTIONS': 'detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:exitcode=99',
    'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
    'TSAN_OPTIONS': 'halt_on_error=1:second_deadlock_stack=1',
}


def paint(code, text):
    return f'\033[{code}m{text}\033[0m' if COLOUR else text


class Results:
    def __init__(self):
        self.passed, self.failed, self.skipped, self.lock = 0, [], [], threading.Lock()

    def add(self, passed=0, failed=(), skipped=()):
        with self.lock:
            self.passed += passed
            self.failed += failed
            self.skipped += skipped

    def counts(self):
        return self.passed, len(self.failed), len(self.skipped)


def excerpt(text, lines=60):
    rows = text.rstrip().split('\n')
    return '\n'.join(rows if len(rows) <= lines else [f'… {len(rows) - lines} lines before'] + rows[-lines:])


def run(cmd, timeout, env=None, cwd=ROOT):
    """(exit status, output) of cmd in a process group of its own, which is ended when the time is up."""
    p = subprocess.Popen(cmd, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, start_new_session=True, errors='replace')
    try:
        out = p.communicate(timeout=timeout)[0]
        return p.returncode, out
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGTERM)
        try:
            out = p.communicate(timeout=5)[0]
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            out = p.communicate()[0]
        return 124, out + f'\nstopped after {timeout} s'
    except BaseException:  # Ctrl-C: leave nothing behind
        os.killpg(p.pid, signal.SIGTERM)
        raise


class Run:
    def __init__(self, args):
        self.args, self.results = args, Results()
        self.second, self.attempts = [], ATTEMPTS  # what passed at the second attempt only; attempts left
        self.log_dir = os.path.join(ROOT, f'{PREFIX}-log')
        os.makedirs(self.log_dir, exist_ok=True)
        self.program = os.path.join(ROOT, PREFIX, 'seawall')
        self.started = time.time()

    # -- what a step prints and whether it is wanted

    def wanted(self, name):
        return not self.args.only or any(name.startswith(o) or o in name for o in self.args.only)

    def step(self, name, work):
        if not self.wanted(name):
            return
        before, at = self.results.counts(), time.time()
        try:
            work()
        except (OSError, ValueError, subprocess.SubprocessError) as e:
            self.results.add(failed=[(name, f'{type(e).__name__}: {e}')])
        p, f, s = (b - a for a, b in zip(before, self.results.counts()))
        mark = paint('31', 'FAIL') if f else paint('32', 'ok  ') if p else paint('33', 'skip')
        print(f'{mark} {name:34} {p:5} passed {f:4} failed' + (f' {s:3} skipped' if s else '') + f'  {time.time() - at:6.1f} s')

    # -- builds

    def build(self, suffix):
        where = PREFIX + suffix
        options, stamp = PROFILES[suffix], os.path.join(ROOT, where, '.profile')
        want = ' '.join(options)
        have = open(stamp).read() if os.path.exists(stamp) else None
        code, out = 0, ''
        if not os.path.exists(os.path.join(ROOT, where, 'build.ninja')):
            code, out = run(['meson', 'setup', where] + options, 300)
        elif have != want and not (suffix == '' and have is None):
            code, out = run(['meson', 'configure', where] + options, 300)
        if code == 0:
            code, out = run(['ninja', '-C', where], 1500)
        if code == 0:
            with open(stamp, 'w') as f:
                f.write(want)
            self.results.add(passed=1)
        else:
            self.results.add(failed=[(f'build: {where}', excerpt(out, 80))])
        return code == 0

    # -- unit tests and fuzz replay, through Meson

    def meson_tests(self, suffix, suites, without=()):
        where = PREFIX + suffix
        out = run(['meson', 'introspect', where, '--tests'], 60)[1]
        tests = json.loads(out) if out.startswith('[') else []
        chosen = [t for t in tests if not suites or {s.split(':')[-1] for s in t['suite']} & set(suites)]
        chosen = [t for t in chosen if not {s.split(':')[-1] for s in t['suite']} & set(without)]
        if not chosen:
            self.results.add(skipped=[(f'meson test -C {where}', f'no test of suite {" ".join(suites) or "any"}')])
            return
        pick = [f'--suite={s}' for s in suites] + [f'--no-suite={s}' for s in without]
        code, out = self.run_meson(where, pick)
        log = os.path.join(ROOT, where, 'meson-logs', f'seawall{suffix}.json')
        rows = [json.loads(line) for line in open(log, errors='replace')] if os.path.exists(log) else []
        for row in rows:
            self.unit_result(where, row)
        if not rows:
            self.results.add(failed=[(f'meson test -C {where}', excerpt(out))])

    def run_meson(self, where, pick):
        log = f'seawall{where[len(PREFIX):]}'
        old = os.path.join(ROOT, where, 'meson-logs', f'{log}.json')
        if os.path.exists(old):
            os.unlink(old)
        # Without -R the address space of some kernels is too random for the thread sanitizer of GCC 12.
        prefix = ['setarch', '-R'] if where.endswith('-tsan') else []
        return run(prefix + ['meson', 'test', '-C', where, '--no-rebuild', '--logbase', log, '--num-processes', str(JOBS)] + pick,
                   1800, SANITIZERS)

    def unit_result(self, where, row):
        """One test program: its tests one by one when it speaks TAP or cmocka's own format, else it counts as one."""
        said = (row.get('stdout') or '') + (row.get('stderr') or '')
        name = f'{where[len(PREFIX) + 1:] or "release"}: {row["name"].split(" / ")[-1]}'
        good, bad, skip = tap_leaves(said) if re.search(r'^\s*(not )?ok \d', said, re.M) else cmocka_lines(said)
        if row['result'] == 'SKIP':
            self.results.add(skipped=[(name, last_line(said) or 'asked to be skipped')])
        elif row['result'] in ('OK', 'EXPECTEDFAIL') and not bad:
            self.results.add(passed=max(1, good), skipped=[(f'{name}: {s}', 'by the test') for s in skip])
        else:
            failed = [(f'{name}: {b}', excerpt(about or said)) for b, about in bad]
            self.results.add(passed=good, failed=failed or [(name, f'{row["result"]}, exit {row.get("returncode")}\n{excerpt(said)}')])

    # -- a second attempt, alone, for what speaks over sockets: a busy machine can make a bounded wait too short

    def again(self, name, got, attempt):
        """got = (passed, failed, skipped, output) of the first attempt; that of the second where one is allowed, and told at the end."""
        with self.results.lock:
            if not got[1] or self.args.once or self.attempts <= 0 or GRAVE.search(got[3]):
                return got
            self.attempts -= 1
        second = attempt()
        if not second[1]:
            self.second += [(n, said) for n, said in got[1]]
        return second

    # -- scenes: node:test files, two at a time

    def scenes(self, folder, suffix=''):
        program = os.path.join(ROOT, PREFIX + suffix, 'seawall')
        where = os.path.join(ROOT, folder)
        files = sorted(f for f in os.listdir(where) if f.endswith('.test.mjs')) if os.path.isdir(where) else []
        files = [f for f in files if not self.args.scene or any(s in f for s in self.args.scene)]
        if folder == 'tests/scene' and files and not os.access(program, os.X_OK):
            self.results.add(failed=[(f'{folder}: the program', f'{PREFIX}{suffix}/seawall was not built; {len(files)} files not run')])
            return
        # Scenes wait more than they work: the quick run plays more of them at once, the full one leaves them room.
        with ThreadPoolExecutor(2 * JOBS if self.args.quick else JOBS) as pool:
            got = list(pool.map(lambda f: self.node_test(f'{folder}/{f}', suffix, program), files))
        for f, first in zip(files, got):
            good, failed, skipped, _ = self.again(f, first, lambda f=f: self.node_test(f'{folder}/{f}', suffix, program))
            self.results.add(passed=good, failed=failed, skipped=skipped)

    def node_test(self, file, suffix, program):
        """(passed, failed, skipped, output) of one file."""
        # A program with a sanitizer is slower: the harness stretches its waits by SEAWALL_SLOW.
        env = {**SANITIZERS, 'SEAWALL_BIN': program, 'SEAWALL_SLOW': '4' if suffix else '1', 'FORCE_COLOR': '0',
               'NODE_OPTIONS': ''}
        if self.args.quick:
            env['SEAWALL_QUICK'] = '1'
        at = time.time()
        code, out = run(['node', '--test', '--test-reporter=tap', file], 300 if not suffix else 900, env)
        with open(os.path.join(self.log_dir, file.replace('/', '_') + suffix + '.log'), 'w') as f:
            f.write(out)
        good, bad, skip = tap_leaves(out)
        name = file[len('tests/'):-len('.test.mjs')] + suffix
        failed = [(f'{name}: {b}', excerpt(about)) for b, about in bad]
        if not failed and (code != 0 or good + len(skip) == 0):
            failed = [(name, f'exit {code}, no test reported\n{excerpt(out)}')]
        if self.args.verbose:
            print(f'     {name}: {good} passed, {len(failed)} failed in {time.time() - at:.1f} s')
        return good, failed, [(f'{name}: {s}', 'by the test') for s in skip], out

    # -- programs whose last line is a total: suites and the style checks

    def suite(self, name, cmd, timeout):
        first = self.suite_once(name, cmd, timeout)
        good, failed, skipped, _ = self.again(name, first, lambda: self.suite_once(name, cmd, timeout)) if name.startswith('suite') else first
        self.results.add(passed=good, failed=failed, skipped=skipped)

    def suite_once(self, name, cmd, timeout):
        """(passed, failed, skipped, output) of one program."""
        env = {**SANITIZERS, 'SEAWALL_BIN': self.program, 'SEAWALL_BUILD': PREFIX}
        if self.args.quick:
            env['SEAWALL_QUICK'] = '1'
        code, out = run(cmd, timeout, env)
        with open(os.path.join(self.log_dir, name.replace('/', '_').replace(' ', '_') + '.log'), 'w') as f:
            f.write(out)
        m = TOTAL.match(last_line(out))
        if not m:
            return 0, [(name, f'exit {code}, last line is no total\n{excerpt(out)}')], [], out
        good, bad, skip = (int(n or 0) for n in m.groups())
        failed, skipped = marked(out, 'FAIL'), marked(out, 'SKIP')
        failed = [(f'{name}: {n}', t) for n, t in failed][:bad]
        failed += [(name, excerpt(out))] * (bad - len(failed))
        if code != 0 and not failed:
            failed = [(name, f'exit {code} although no test failed\n{excerpt(out)}')]
        skipped = [(f'{name}: {n}', t) for n, t in skipped][:skip]
        skipped += [(name, 'by the suite')] * (skip - len(skipped))
        return good, failed, skipped, out

    # -- packages of npm that tests use

    def npm(self):
        for folder in ('tests', 'dashboard'):
            code, out = run(['tools/npm-packages', folder], 600)
            self.results.add(passed=not code, failed=[(f'npm ci in {folder}/', excerpt(out))] if code else [])
        code, out = run(['node', 'dashboard/node_modules/typescript/bin/tsc', '-p', 'dashboard'], 300)
        self.results.add(passed=not code, failed=[('types of the dashboard', excerpt(out))] if code else [])

    # -- short fuzzing, in the full run

    def fuzz(self, seconds):
        code, out = run(['tests/fuzz/run', str(seconds)], seconds + 600, SANITIZERS)
        good = len(re.findall(r'^planted bug found$|^\w+ +\d+ runs,', out, re.M))
        bad = [(f'fuzz: {m.group(1)}', excerpt(out)) for m in re.finditer(r'^(\w+): finding', out, re.M)]
        if not bad and (code or good < 2):
            bad = [('fuzz', f'exit {code}\n{excerpt(out)}')]
        self.results.add(passed=good, failed=bad)

    # -- the end

    def nothing_left_behind(self):
        ours = {os.path.realpath(os.path.join(ROOT, PREFIX + s, 'seawall')) for s in PROFILES}
        left = []
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                exe = os.readlink(f'/proc/{pid}/exe').replace(' (deleted)', '')
                with open(f'/proc/{pid}/environ', 'rb') as f:
                    environ = f.read()
            except OSError:
                continue
            if exe in ours and f'SEAWALL_TEST_RUN={RUN_ID}'.encode() in environ:
                cmd = open(f'/proc/{pid}/cmdline', 'rb').read().replace(b'\0', b' ').decode(errors='replace')
                left.append(f'{pid}: {cmd}')
                os.kill(int(pid), signal.SIGKILL)
        if left:
            self.results.add(failed=[('no process left behind', '\n'.join(left))])
        else:
            self.results.add(passed=1)

    def finish(self):
        r = self.results
        if r.skipped:
            print(f'\n{paint("33", "Skipped")}:')
            for name, why in r.skipped:
                print(f'  {name}: {why.strip() or "no reason given"}')
        for name, said in self.second:
            print(f'\n{paint("33", "Only at the second attempt")} {name}')
            print('\n'.join('    ' + line for line in said.rstrip().split('\n')))
        for name, said in r.failed:
            print(f'\n{paint("31", "FAIL")} {name}')
            print('\n'.join('    ' + line for line in said.rstrip().split('\n')))
        print(f'\n{time.time() - self.started:.0f} s; logs in {PREFIX}-log/')
        p, f, s = r.counts()
        if p + f == 0:
            print('no test ran')
        print(f'{p} passed, {f} failed' + (f', {s} skipped' if s else ''))
        return 1 if f or p == 0 else 0


def last_line(text):
    rows = text.rstrip().split('\n')
    return rows[-1].strip() if rows else ''


def marked(text, word):
    """[(name, indented lines below)] of the lines `WORD name`."""
    found = []
    for line in text.split('\n'):
        if line.startswith(word + ' '):
            found.append([line[len(word) + 1:].strip(), ''])
        elif found and line.startswith((' ', '\t')):
            found[-1][1] += line.strip() + '\n'
    return [(n, t) for n, t in found]


def tap_leaves(text):
    """(passed, [(failed name, its lines)], [skipped names]): a result with results of its own below it is not counted,
    unless it failed while none of them did."""
    good, bad, skip = 0, [], []
    below = {}  # indent -> [results, failures] seen deeper than it since its last result
    about, name_at = None, {}
    for line in text.split('\n'):
        m = re.match(r'^(\s*)# Subtest: (.*)', line)
        if m:
            name_at[len(m.group(1))] = m.group(2)
            continue
        m = re.match(r'^(\s*)(not ok|ok) \d+(?: -)? ?(.*?)(?: # (SKIP|TODO)\b.*)?$', line, re.I)
        if not m:
            if about is not None:
                about.append(line)
                if line.strip() == '...' or len(about) > 60:
                    about = None
            continue
        indent, ok, name, mark = len(m.group(1)), m.group(2) == 'ok', m.group(3), (m.group(4) or '').upper()
        about = None
        kids = below.pop(indent, [0, 0])
        for level in [k for k in below if k > indent]:
            del below[level]
        path = ' > '.join([name_at[i] for i in sorted(name_at) if i < indent and '/' not in name_at[i]] + [name])
        leaf = kids[0] == 0
        for level in range(0, indent):
            seen = below.setdefault(level, [0, 0])
            seen[0] += 1
            seen[1] += not ok
        if leaf and mark in ('SKIP', 'TODO'):
            skip.append(path)
        elif leaf and ok:
            good += 1
        elif not ok and (leaf or kids[1] == 0):
            about = []
            bad.append((path, about))
    return good, [(n, '\n'.join(a)) for n, a in bad], skip


def cmocka_lines(text):
    good = len(re.findall(r'^\[       OK \] ', text, re.M))
    bad = [(n, '') for n in dict.fromkeys(re.findall(r'^\[  FAILED  \] (?:\S+: )?(\w[^\n:]*)$', text, re.M))
           if not re.match(r'\d+ test', n)]
    skip = re.findall(r'^\[  SKIPPED \] (\w[^\n:]*)$', text, re.M)
    return good, bad, list(dict.fromkeys(s for s in skip if not re.match(r'\d+ test', s)))


def main():
    ap = argparse.ArgumentParser(prog='./test', description='Builds Seawall and runs its tests; the last line is the total.')
    ap.add_argument('--quick', action='store_true', help='without what takes long: no thread sanitizer, no fuzzing, short suites')
    ap.add_argument('--only', action='append', default=[], metavar='STEP', help='only steps whose name contains this (may be repeated)')
    ap.add_argument('--scene', action='append', default=[], metavar='NAME', help='only scene files whose name contains this')
    ap.add_argument('--once', action='store_true', help='no second attempt for scene files and suites that fail')
    ap.add_argument('--verbose', '-v', action='store_true', help='a line for each scene file')
    args = ap.parse_args()
    if args.scene and not args.only:
        args.only = ['build: release', 'scene: release']
    os.environ['SEAWALL_TEST_RUN'] = RUN_ID
    r, full = Run(args), not args.quick
    built = {}

    def build(suffix):
        built[suffix] = r.build(suffix)

    r.step('npm packages', r.npm)
    r.step('build: sanitizers', lambda: build('-asan'))
    r.step('build: release', lambda: build(''))
    r.step('style: layers', lambda: r.suite('check_layers', ['tools/check_layers'], 60))
    r.step('style: house rules', lambda: r.suite('check_style', ['tools/check_style', '--build', f'{PREFIX}-asan'], 120))
    if built.get('-asan', True):
        r.step('unit: address, undefined', lambda: r.meson_tests('-asan', []))
    r.step('harness', lambda: r.scenes('tests/harness'))
    if built.get('', True):
        r.step('scene: release', lambda: r.scenes('tests/scene'))
    suites = os.path.join(ROOT, 'tests/suites')
    for name in sorted(os.listdir(suites)) if os.path.isdir(suites) else []:
        program = os.path.join(suites, name, 'run')
        if not os.access(program, os.X_OK):
            continue
        if args.quick and name in FULL_ONLY:
            if r.wanted(f'suite: {name}'):
                r.results.add(skipped=[(f'suite {name}', 'in the full run only')])
        else:
            r.step(f'suite: {name}', lambda n=name, p=program: r.suite(f'suite {n}', [p], 900))
    if full:
        if built.get('-asan', True):
            r.step('scene: address, undefined', lambda: r.scenes('tests/scene', '-asan'))
        r.step('build: thread sanitizer', lambda: build('-tsan'))
        if built.get('-tsan', True):
            r.step('unit: threads', lambda: r.meson_tests('-tsan', ['threads']))
        r.step('fuzz: two minutes', lambda: r.fuzz(120))
    r.step('no process left behind', r.nothing_left_behind)
    return r.finish()


if __name__ == '__main__':
    sys.exit(main())
