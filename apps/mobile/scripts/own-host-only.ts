import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Plugin } from 'vite'

// No request leaves the hospital's own host. Two libraries would send one:
// uni-app's navigation bar loads a shadow picture from dcloud.net.cn, and the icon font of wot-design-uni comes from
// alicdn.com (H5 overrides it by a local file, but keeps the first @font-face; a mini-program has only that one).
// The styles are bundled inside the libraries, so we mend what was written. A mini-program can load a font only from a
// host or from a data: URL; there it becomes the latter.
const SHADOW = /url\(["']?https:\/\/cdn\.dcloud\.net\.cn\/[^)]*\)/g
const FONT_FACE = /@font-face\s*\{[^}]*at\.alicdn\.com[^}]*\}/g

function iconFont(): string {
  const wot = path.dirname(createRequire(import.meta.url).resolve('wot-design-uni/package.json'))
  const bytes = readFileSync(path.join(wot, 'components/wd-icon/wd-icons.ttf'))
  return `@font-face{font-family:"wd-icons";src:url("data:font/ttf;base64,${bytes.toString('base64')}") format("truetype")}`
}

export function ownHostOnly(): Plugin {
  let outDir = ''
  return {
    name: 'kanghu:own-host-only',
    apply: 'build',
    configResolved(config) {
      outDir = config.build.outDir
    },
    writeBundle() {
      for (const entry of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(css|wxss|js)$/.test(entry.name)) continue
        const file = path.join(entry.parentPath, entry.name)
        const written = readFileSync(file, 'utf8')
        const mended = written
          .replace(SHADOW, 'none')
          .replace(FONT_FACE, () => (entry.name.endsWith('.wxss') ? iconFont() : ''))
        if (mended !== written) writeFileSync(file, mended)
      }
    },
  }
}
