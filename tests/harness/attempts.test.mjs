// SPDX-License-Identifier: Apache-2.0
// The second attempt of ./test: who gets one, how often, and that a fault which stays is still a failure.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'

const lib = path.resolve('tests/lib')

/** What Run.again makes of attempts in a row: [first, second]; each is 'ok', 'bad' or what the output says. */
function played (attempts, { once = false } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'seawall-attempts-'))
  const program = `
import argparse, json, sys
sys.path.insert(0, ${JSON.stringify(lib)})
import run
run.PREFIX = ${JSON.stringify(path.join(dir, 'build'))}
r = run.Run(argparse.Namespace(once=${once ? 'True' : 'False'}))
def got(said): return (1, [], [], 'fine') if said == 'ok' else (0, [('a test', said)], [], said)
out, ran = [], 0
for first, second in json.loads(sys.argv[1]):
    def attempt():
        global ran
        ran += 1
        return got(second)
    out.append(len(r.again('x', got(first), attempt)[1]))
print(json.dumps([out, ran, len(r.second)]))
`
  try {
    return JSON.parse(execFileSync('python3', ['-c', program, JSON.stringify(attempts)], { encoding: 'utf8' }))
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}

test('what passes is not repeated', () => assert.deepEqual(played([['ok', 'bad']]), [[0], 0, 0]))
test('what passes at the second attempt is told', () => assert.deepEqual(played([['bad', 'ok']]), [[0], 1, 1]))
test('what fails twice has failed', () => assert.deepEqual(played([['bad', 'bad']]), [[1], 1, 0]))
test('four in a run, no more', () => assert.deepEqual(played(Array(6).fill(['bad', 'ok'])), [[0, 0, 0, 0, 1, 1], 4, 4]))
test('--once: none', () => assert.deepEqual(played([['bad', 'ok']], { once: true }), [[1], 0, 0]))
for (const said of ['==1==ERROR: AddressSanitizer: heap-use-after-free', 'x.c:1:2: runtime error: shift', 'seawall: panic: a.c:1: x (at: -)', '{"text":"ended","signal=SEGV"}']) {
  test(`never forgiven: ${said.slice(0, 40)}`, () => assert.deepEqual(played([[said, 'ok']]), [[1], 0, 0]))
}
