// The official template compiler reads every .wxml: it is the one that knows WXML's syntax.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { BUILD, failed, files } from './build.mjs'

const compiler = path.dirname(createRequire(import.meta.url).resolve('miniprogram-compiler/package.json'))
const wcc = path.join(compiler, 'bin/linux/wcc')
chmodSync(wcc, 0o755) // the package ships it without
const out = mkdtempSync(path.join(tmpdir(), 'wcc-'))
const templates = files('.wxml')
try {
  execFileSync(wcc, ['-d', '-o', path.join(out, 'all.js'), ...templates], { cwd: BUILD, stdio: ['ignore', 'ignore', 'pipe'] })
} catch (error) {
  failed(`wcc: ${error.stderr}`)
} finally {
  rmSync(out, { recursive: true })
}
console.log(`wcc: ${templates.length} templates`)
