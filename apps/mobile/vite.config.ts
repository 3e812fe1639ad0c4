import { defineConfig } from 'vite'
import uniPlugin from '@dcloudio/vite-plugin-uni'
import { ownHostOnly } from './scripts/own-host-only'

// The plugin is CommonJS: under "type": "module" its function arrives one level deeper.
const uni = (uniPlugin as unknown as { default: typeof uniPlugin }).default ?? uniPlugin

const platform = process.env.KANGHU_URL ?? 'http://127.0.0.1:8000'

// The base path /m/ and the router's mode stand in src/manifest.json (h5.router), where uni-app reads them.
export default defineConfig({
  plugins: [uni(), ownHostOnly()],
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: platform } },
  },
})
