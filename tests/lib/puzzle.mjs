// SPDX-License-Identifier: Apache-2.0
// What a browser does with the page of a challenge.
import crypto from 'node:crypto'

/** The value of a hidden field of the page. */
export const hidden = (text, name) => text.match(new RegExp(`name="${name}" value="([^"]*)"`))[1].replaceAll('&amp;', '&')

/** What the page's program does. */
export function solve (puzzle) {
  const bits = parseInt(puzzle.split('.')[3], 16)
  for (let i = 0; ; i++) {
    const h = crypto.createHash('sha256').update(`${puzzle}.${i}`).digest()
    if (h.readUInt32BE(0) >>> (32 - bits) === 0) return i
  }
}
