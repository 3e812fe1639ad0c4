import { vi } from 'vitest'

// A stand-in for uni-app's global: storage in memory, everything else a spy that a test replaces.
const storage = new Map<string, unknown>()

vi.stubGlobal('uni', {
  getStorageSync: (key: string) => storage.get(key) ?? '',
  setStorageSync: (key: string, value: unknown) => storage.set(key, structuredClone(value)),
  request: vi.fn(),
  navigateTo: vi.fn(),
  switchTab: vi.fn(),
  reLaunch: vi.fn(),
  addInterceptor: vi.fn(),
})
vi.stubGlobal('getCurrentPages', () => [])
