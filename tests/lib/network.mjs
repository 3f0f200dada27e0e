// SPDX-License-Identifier: Apache-2.0
// Networks of their own: a network namespace for an edge and one for its visitors, with a cable between them. Both are gone when
// the last process in them is.
import fs from 'node:fs'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { waitFor } from './wait.mjs'

/** Why there can be none here, or null. */
export function noNetwork () {
  try { execFileSync('unshare', ['-n', 'ip', 'link', 'add', 'left0', 'type', 'veth', 'peer', 'name', 'right0'], { stdio: 'pipe' }); return null } catch (e) { return 'unshare -n with a pair of veth is not permitted here' }
}

export class Network {
  async house () {
    const child = spawn('unshare', ['-n', 'sleep', 'infinity'], { stdio: 'ignore' })
    const pid = String(child.pid)
    const own = fs.readlinkSync('/proc/self/ns/net')
    await waitFor(() => { try { return fs.readlinkSync(`/proc/${pid}/ns/net`) !== own } catch { return false } }, { what: 'a network namespace' })
    const inside = ['nsenter', '-t', pid, '-n']
    execFileSync(inside[0], [...inside.slice(1), 'ip', 'link', 'set', 'lo', 'up'])
    return { child, pid, inside }
  }

  /** at, visitors: addresses with their length, of the edge and of those who come to it; the edge's route back is the default. */
  async start ({ at = ['10.98.0.1/24'], visitors = ['10.98.0.2/24'] } = {}) {
    this.edge = await this.house()
    this.away = await this.house()
    const ip = (house, ...words) => this.do(house, 'ip', ...words)
    ip(this.edge, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'away0')
    ip(this.edge, 'link', 'set', 'away0', 'netns', this.away.pid)
    for (const [house, name, list] of [[this.edge, 'eth0', at], [this.away, 'away0', visitors]]) {
      for (const a of list) ip(house, 'addr', 'add', a, 'dev', name, ...a.includes(':') ? ['nodad'] : [])
      ip(house, 'link', 'set', name, 'up')
    }
    for (const a of [at.find(x => !x.includes(':')), at.find(x => x.includes(':'))]) if (a) ip(this.edge, ...a.includes(':') ? ['-6'] : [], 'route', 'add', 'default', 'dev', 'eth0')
    return this
  }

  /** A command in one of the houses, to its end; its output. */
  do (house, ...words) { return execFileSync(house.inside[0], [...house.inside.slice(1), ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }) }

  /** The same beside what else goes on: { status, out }. */
  ask (house, ...words) {
    return new Promise(resolve => execFile(house.inside[0], [...house.inside.slice(1), ...words], { encoding: 'utf8' }, (e, out, err) => resolve({ status: e ? e.code : 0, out, err })))
  }

  stop () { for (const h of [this.edge, this.away]) h?.child.kill('SIGKILL') }
}
