// SPDX-License-Identifier: Apache-2.0
// The API of an edge under test, and the command line as its client.
import fs from 'node:fs'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { Client } from './client.mjs'
import { PROGRAM } from './edge.mjs'
import { freePort, ms, waitFor } from './wait.mjs'

/**
 * An edge (scene s, options as of s.edge) that has an API: edge.api is an Api. Nothing but loopback: private origins are
 * allowed, zones are active at once.
 */
export async function edgeWithApi (s, options = {}) {
  const port = await freePort()
  const config = {
    ...options.config,
    listen: { api: `127.0.0.1:${port}`, ...options.config?.listen },
    edge: { addresses: '192.0.2.200, 2001:db8::200', nameservers: 'ns1.seawall.test, ns2.seawall.test', activation: 'immediate', ...options.config?.edge },
    origin: { allow_private: 'true', ...options.config?.origin }
  }
  const edge = await s.edge({ ...options, config })
  edge.api = new Api(edge, port)
  await edge.api.ready()
  return edge
}

export class Api {
  constructor (edge, port) {
    this.edge = edge
    this.port = port
    this.host = `127.0.0.1:${port}`
    this.tokenFile = path.join(edge.dir, 'data/admin.token')
  }

  get token () { return fs.readFileSync(this.tokenFile, 'utf8').trim() }

  ready () {
    return waitFor(async () => fs.existsSync(this.tokenFile) && fs.existsSync(path.join(this.edge.dir, 'data/run/listen.json')) && (await this.call('GET', '/user/tokens/verify')).status === 200,
      { within: 10000, what: 'the API to answer' }).catch(e => { throw new Error(`${e.message}\n${this.edge.output}`) })
  }

  /** One request on a connection of its own: { status, text, headers, json }; body: an object, or text as it is. */
  async call (method, target, body, headers = {}) {
    const c = await Client.connect({ port: this.port, host: this.host })
    try {
      const text = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
      const all = { Authorization: `Bearer ${this.token}`, ...typeof body === 'object' && !Buffer.isBuffer(body) && { 'Content-Type': 'application/json' }, ...headers, Connection: 'close' }
      for (const k of Object.keys(all)) if (all[k] === null) delete all[k]
      const r = await c.request(method, '/client/v4' + target, { headers: all, body: text })
      let json = null
      try { json = JSON.parse(r.text) } catch { /* said by json being null */ }
      return { status: r.status, headers: r.headers, text: r.text, json }
    } finally { c.close() }
  }

  /** The result of a call that must succeed. */
  async must (method, target, body, headers) {
    const r = await this.call(method, target, body, headers)
    if (!r.json?.success) throw new Error(`${method} ${target}: ${r.status} ${r.text.slice(0, 500)}`)
    return r.json.result
  }

  get (target) { return this.must('GET', target) }
  post (target, body) { return this.must('POST', target, body) }

  /** Status, first code and pointer of a refusal; fails when it was none or its envelope is no envelope. */
  async refused (method, target, body, headers) {
    const r = await this.call(method, target, body, headers)
    if (r.json?.success !== false || r.json.result !== null || !r.json.errors?.length || r.status < 400) throw new Error(`${method} ${target} was not refused: ${r.status} ${r.text.slice(0, 500)}`)
    return { status: r.status, code: r.json.errors[0].code, message: r.json.errors[0].message, pointer: r.json.errors[0].source?.pointer, chain: r.json.errors[0].error_chain?.map(e => e.code) }
  }

  /** Runs `seawall …` against this edge: { status, out, err }. */
  seawall (...args) {
    const options = typeof args.at(-1) === 'object' ? args.pop() : {}
    return command(args, { ...options, env: { SEAWALL_CONFIG: this.edge.configFile, ...options.env } })
  }

  /** The output of `seawall …` that must succeed. */
  async does (...args) {
    const r = await this.seawall(...args)
    if (r.status !== 0) throw new Error(`seawall ${args.filter(a => typeof a === 'string').join(' ')} ended with ${r.status}\n${r.out}${r.err}`)
    return r.out
  }
}

/** Runs the program: { status, out, err }. */
export function command (args, { env = {}, input = '', within = 20000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(PROGRAM, args, { env: { PATH: process.env.PATH, LANG: 'C.UTF-8', ASAN_OPTIONS: process.env.ASAN_OPTIONS ?? '', ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    let out = ''; let err = ''
    child.stdout.on('data', d => { out += d })
    child.stderr.on('data', d => { err += d })
    const timer = setTimeout(() => { child.kill('SIGKILL'); reject(new Error(`seawall ${args.join(' ')} did not end\n${out}${err}`)) }, ms(within))
    child.on('error', e => { clearTimeout(timer); reject(e) })
    child.on('close', status => { clearTimeout(timer); resolve({ status, out, err }) })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
