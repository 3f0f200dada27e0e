# SPDX-License-Identifier: Apache-2.0
"""What tools/check_layers and tools/check_style share: the files of the house, a small reader of C, and findings.

The reader relies on the formatting that check_style itself asks for (clang-format, Linux braces): a function's
body opens with `{` and closes with `}` in the first column.
"""
import os
import re
import subprocess
import sys


class House:
    """The files of one tree; those that git ignores are not part of it."""

    def __init__(self, root):
        self.root = os.path.abspath(root)
        self._text = {}
        if os.path.exists(os.path.join(self.root, '.git')):
            out = subprocess.run(['git', '-C', self.root, 'ls-files', '-co', '--exclude-standard', '-z'],
                                 capture_output=True, check=True).stdout.decode()
            names = [n for n in out.split('\0') if n]
        else:  # a planted tree of the self-tests
            names = [os.path.relpath(os.path.join(d, f), self.root) for d, _, fs in os.walk(self.root) for f in fs]
        self.files = sorted({n for n in names if os.path.isfile(os.path.join(self.root, n))})

    def text(self, name):
        if name not in self._text:
            with open(os.path.join(self.root, name), 'rb') as f:
                data = f.read()
            self._text[name] = None if b'\0' in data[:8192] else data.decode('utf-8', 'replace')
        return self._text[name]

    def under(self, folder, *ends):
        return [f for f in self.files if f.startswith(folder) and f.endswith(ends)]

    def rooms(self):
        """Folders of src/ with C in them."""
        return sorted({f.split('/')[1] for f in self.under('src/', '.c', '.h') if f.count('/') >= 2})


_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
_DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', re.M)


def blank(match):
    return re.sub(r'[^\n]', ' ', match.group(0))


def code_of(text):
    """The same text, same length and lines, with comments and the insides of literals made blank."""
    def one(m):
        t = m.group(0)
        return blank(m) if t[0] == '/' else t[0] + re.sub(r'[^\n]', ' ', t[1:-1]) + t[-1]
    return _TOKEN.sub(one, text)


def without_directives(code):
    return _DIRECTIVE.sub(blank, code)


def line_of(text, at):
    return text.count('\n', 0, at) + 1


class Item:
    """One top-level thing: kind 'function', 'statement' or 'block' (struct, enum, table); lines are from 1."""

    def __init__(self, kind, head, first, last):
        self.kind, self.head, self.first, self.last = kind, head, first, last

    @property
    def lines(self):
        return self.last - self.first + 1

    def name_and_params(self):
        """(name, [parameters]) of a function or prototype, or None."""
        head = re.sub(r'__attribute__\s*\(\(.*?\)\)\s*(?=[;)a-zA-Z_*{,]|$)', ' ', self.head, flags=re.S)
        m = re.search(r'([A-Za-z_]\w*)\s*\(', head)
        if not m:
            return None
        depth, part, parts = 0, '', []
        for c in head[m.end() - 1:]:
            if c == '(':
                depth += 1
                if depth == 1:
                    continue
            elif c == ')':
                depth -= 1
                if depth == 0:
                    break
            if c == ',' and depth == 1:
                parts.append(part)
                part = ''
            else:
                part += c
        parts = [p.strip() for p in parts + [part]]
        return m.group(1), [p for p in parts if p and p != 'void']


def items_of(text):
    """Top-level items of a C file in order."""
    code = without_directives(code_of(text))
    items, start, depth, opened = [], None, 0, None
    for at, c in enumerate(code):
        if start is None:
            if c.isspace() or c == ';':
                continue
            start = at
        if c == '{':
            if depth == 0:
                opened = at
            depth += 1
        elif c == '}':
            depth = max(0, depth - 1)
            if depth == 0 and opened is not None:
                head = code[start:opened].strip()
                if head.endswith(')') and '=' not in head.split('(')[0]:
                    items.append(Item('function', head, line_of(code, start), line_of(code, at)))
                    start, opened = None, None
        elif c == ';' and depth == 0:
            head = code[start:at].strip()
            kind = 'block' if opened is not None else 'statement'
            items.append(Item(kind, head, line_of(code, start), line_of(code, at)))
            start, opened = None, None
    return items


class Report:
    """Rules and what they found. Each rule counts as one test."""

    def __init__(self):
        self.rules, self.skipped, self.remarks = {}, {}, []

    def rule(self, name, why):
        self.rules[name] = (why, [])

    def find(self, name, where, what, fix):
        self.rules[name][1].append(f'{where}: {what}\n      fix: {fix}')

    def skip(self, name, why):
        self.skipped[name] = why

    def remark(self, where, what):
        self.remarks.append(f'{where}: {what}')

    def finish(self):
        failed = 0
        for name, (why, found) in self.rules.items():
            if name in self.skipped:
                print(f'SKIP {name}: {self.skipped[name]}')
            elif found:
                failed += 1
                print(f'FAIL {name}: {len(found)} finding{"s" if len(found) > 1 else ""} ({why})')
                for f in found[:15]:
                    print(f'    {f}')
                if len(found) > 15:
                    print(f'    … and {len(found) - 15} more')
        for r in self.remarks:
            print(f'remark: {r}')
        skipped = len(set(self.skipped) & set(self.rules))
        print(f'{len(self.rules) - failed - skipped} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
        return 1 if failed else 0


def main(check, about):
    import argparse
    ap = argparse.ArgumentParser(description=about)
    ap.add_argument('--root', default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                    help='the tree to look at (default: this one)')
    ap.add_argument('--build', default=None, help='build directory whose static libraries are read for symbols')
    args, report = ap.parse_args(), Report()
    check(House(args.root), report, args)
    sys.exit(report.finish())
