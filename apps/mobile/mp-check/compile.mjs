// The official compiler of miniprogram-ci, without WeChat's servers: it finds missing pages and components and broken
// JSON. It would first ask the servers for the account's limits (`attr`), which we give it instead. That hooks into the
// inside of the package: its version is pinned.
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { app, BUILD, failed } from './build.mjs'

const require = createRequire(import.meta.url)
const ci = require('miniprogram-ci')
const { DefaultProjectAttr } = ci

ci.proxy('http://127.0.0.1:9') // nothing listens there: its side questions to WeChat's servers stay on this machine
const work = mkdtempSync(path.join(tmpdir(), 'mp-ci-'))
const project = new ci.Project({ appid: 'wx0000000000000000', type: 'miniProgram', projectPath: BUILD, privateKey: 'none', ignores: [] })
project.attr = async () => ({ ...DefaultProjectAttr, appid: 'wx0000000000000000' })

try {
  const result = await ci.getCompiledResult(
    { project, version: '0.0.0', desc: '', setting: { es6: true, minify: false } },
    path.join(work, 'compiled.zip'),
  )
  const compiled = Object.keys(result).filter((name) => name.endsWith('.js'))
  if (!app.pages.every((page) => compiled.includes(`${page}.js`))) failed('miniprogram-ci left a page out')
  console.log(`miniprogram-ci: compiled, ${compiled.length} scripts`)
} catch (error) {
  failed(`miniprogram-ci: ${error.message ?? error}`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
process.exit(0) // its worker processes would keep us waiting
