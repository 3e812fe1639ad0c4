import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The built mini-program that all checks look at. */
export const BUILD = path.join(import.meta.dirname, '../dist/build/mp-weixin')

export const app = JSON.parse(readFileSync(path.join(BUILD, 'app.json'), 'utf8'))

/** Paths inside the build, of all files or of those that end so. */
export function files(ending = '') {
  return readdirSync(BUILD, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => path.relative(BUILD, path.join(entry.parentPath, entry.name)))
}

export function failed(what) {
  process.stderr.write(`✗ ${what}\n`) // run.mjs takes console.error for itself
  process.exit(1)
}
