import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vite'

// Where the platform runs while pages are developed.
const platform = process.env.KANGHU_URL ?? 'http://127.0.0.1:8000'
const proxy = { '/api': { target: platform, changeOrigin: false } }

export default defineConfig({
  base: '/admin/',
  plugins: [
    vue(),
    // Element Plus components and their styles come in by being used in a template. Our own are imported by name.
    Components({ dirs: [], dts: false, resolvers: [ElementPlusResolver()] }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // All at once: found one by one, each new component would reload the page under development.
  optimizeDeps: { include: ['element-plus/es', 'element-plus/es/components/*/style/css', 'echarts/core'] },
  server: { proxy },
  preview: { proxy },
  build: {
    target: 'es2022',
    // A data: address would be refused by the platform's Content-Security-Policy for anything but images.
    assetsInlineLimit: 0,
    // ECharts is by far the largest piece; it comes with the first chart.
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'vue', test: /node_modules[\\/](@vue|vue|vue-router|pinia|@tanstack|openapi-fetch)[\\/]/ },
            { name: 'charts', test: /node_modules[\\/](echarts|zrender)[\\/]/ },
          ],
        },
      },
    },
  },
})
