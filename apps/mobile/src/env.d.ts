/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Mini-program only: the platform's address, e.g. https://hospital.example. H5 asks the host that served it. */
  readonly VITE_PLATFORM_URL?: string
}

declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}
