// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto'

/** The code that an authenticator shows for a secret in base 32 (RFC 6238). */
export function totp (secret, at = Date.now()) {
  let bits = ''
  for (const c of secret.replace(/[ =]/g, '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')
  const key = Buffer.from(bits.match(/.{8}/g).map(b => parseInt(b, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30000)))
  const mac = createHmac('sha1', key).update(step).digest()
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0')
}
