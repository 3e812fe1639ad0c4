import { fileURLToPath, URL } from 'node:url'
import { defineConfig } from 'vitest/config'

// Pure logic only: pages are driven in a browser by tests/pages.
export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
