// SPDX-License-Identifier: Apache-2.0
// The official SDK for JavaScript, the newest and the last of its generation before: by base URL.
import session from '../sdk_session.mjs'

export default async function (step, world) {
  for (const name of ['cloudflare', 'cloudflare-4']) {
    const sdk = await import(name)
    await session((what, fn) => step(`${name}: ${what}`, fn), world, sdk, name === 'cloudflare' ? 'sdk7.test' : 'sdk4.test')
  }
}
