// SPDX-License-Identifier: Apache-2.0
// Builds the dashboard into a folder: node build.mjs OUTDIR. No inline script or style: the CSP allows none.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = path.dirname(fileURLToPath(import.meta.url))
const out = path.resolve(process.argv[2] ?? path.join(here, 'dist'))

fs.mkdirSync(out, { recursive: true })
await build({
  absWorkingDir: here,
  entryPoints: { app: 'src/main.tsx' },
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2020',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
  outdir: out
})
fs.copyFileSync(path.join(here, 'src/index.html'), path.join(out, 'index.html'))
fs.copyFileSync(path.join(here, 'src/icon.svg'), path.join(out, 'icon.svg'))
