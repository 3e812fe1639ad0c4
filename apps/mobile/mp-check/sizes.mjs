// WeChat takes no package over 2 MB; ours: the main package, which everybody waits for, at most 600 KiB gzip.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { app, BUILD, failed, files } from './build.mjs'

const KIB = 1024
const roots = (app.subPackages ?? []).map((part) => part.root)
const sizes = new Map([['main', { raw: 0, gzip: 0 }], ...roots.map((root) => [root, { raw: 0, gzip: 0 }])])

for (const file of files()) {
  const size = sizes.get(roots.find((root) => file.startsWith(`${root}/`)) ?? 'main')
  const content = readFileSync(path.join(BUILD, file))
  size.raw += content.length
  size.gzip += gzipSync(content).length
}

for (const [name, { raw, gzip }] of sizes) {
  console.log(`${name}: ${Math.ceil(raw / KIB)} KiB raw, ${Math.ceil(gzip / KIB)} KiB gzip`)
  if (raw > 2048 * KIB) failed(`package ${name} is over 2 MiB`)
}
if (sizes.get('main').gzip > 600 * KIB) failed('the main package is over 600 KiB gzip')
