// Fails when a build would load something from another host, has an inline script, or is too heavy for its first page.
//   node scripts/check-dist.mjs h5|mp-weixin
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

const KIB = 1024
const target = process.argv[2]
const root = path.join(import.meta.dirname, '../dist/build', target)
const faults = []

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => path.join(entry.parentPath, entry.name))

// Addresses that are names, not loads: XML namespaces, and hosts inside uni-app's map and location parts, which this
// app does not use (the Content-Security-Policy would stop them all the same).
const NAMES = [
  'http://www.w3.org/',
  'https://vuejs.org/',
  'https://apis.map.qq.com/',
  'https://map.qq.com/',
  'https://maps.googleapis.com/',
  'https://www.google.com/maps',
  'https://webapi.amap.com/',
  'https://restapi.amap.com/',
  'https://uri.amap.com/',
  'https://api.map.baidu.com/',
  'https://uniapp.dcloud.net.cn/',
  'https://uniapp.dcloud.io/',
  'https://quickapp',
]

for (const file of files) {
  const name = path.relative(root, file)
  if (!/\.(js|css|html|wxss|wxml|json|wxs)$/.test(file)) continue
  const text = readFileSync(file, 'utf8')
  if (/\.(css|wxss|html|wxml)$/.test(file)) {
    for (const [address] of text.matchAll(/(?:url\(|src=|href=|@import)\s*["']?(?:https?:)?\/\/[^"')\s]+/gi)) {
      faults.push(`${name} loads ${address}`)
    }
  } else {
    for (const [address] of text.matchAll(/https?:\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+[^\s"'`)<>\\]*/gi)) {
      if (!NAMES.some((known) => address.startsWith(known))) faults.push(`${name} names ${address}`)
    }
  }
  if (file.endsWith('.html') && /<script(?![^>]*\bsrc=)[^>]*>/i.test(text)) faults.push(`${name} has an inline script`)
}

const gzip = (file) => gzipSync(readFileSync(file)).length
if (target === 'h5') {
  // The first page: what index.html names, and the chunks of sign-in and of 首页 with all they import.
  const html = readFileSync(path.join(root, 'index.html'), 'utf8')
  const first = new Set()
  const take = (file) => {
    if (first.has(file)) return
    first.add(file)
    if (!file.endsWith('.js')) return
    for (const [, from] of readFileSync(file, 'utf8').matchAll(/(?:import|from)\s*["'](\.[^"']+)["']/g)) {
      take(path.resolve(path.dirname(file), from))
    }
  }
  for (const [, address] of html.matchAll(/(?:src|href)="\/m\/([^"]+)"/g)) take(path.join(root, address))
  for (const file of files) {
    if (/(?:pages-(?:sign-in|home)\.|(?:sign-in|home)-)[\w-]+\.(?:js|css)$/.test(path.basename(file))) take(file)
    if (/\.(?:ttf|woff2?)$/.test(file)) take(file)
  }
  const weight = [...first].reduce((sum, file) => sum + gzip(file), 0)
  console.log(`H5 first page: ${(weight / KIB).toFixed(1)} KiB gzip in ${first.size} files`)
  if (weight > 200 * KIB) faults.push(`the first page weighs ${Math.ceil(weight / KIB)} KiB gzip, more than 200`)
}

if (faults.length > 0) {
  console.error([...new Set(faults)].join('\n'))
  process.exit(1)
}
