// SPDX-License-Identifier: Apache-2.0
// The official SDK for JavaScript, the newest and the last of its generation before: by base URL.
import { File } from 'node:buffer'
import session from '../sdk_session.mjs'

// Node 18 has it, but not where the SDK looks; the SDK itself says to do this.
globalThis.File ??= File

export default async function (step, world) {
  for (const name of ['cloudflare', 'cloudflare-4']) {
    const sdk = await import(name)
    await session((what, fn) => step(`${name}: ${what}`, fn), world, sdk, name === 'cloudflare' ? 'sdk7.test' : 'sdk4.test')
  }
}
