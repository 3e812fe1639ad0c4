import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

const KEY = 'kanghu.elder'

/** How the app looks on this device. */
export const useLook = defineStore('look', () => {
  /** 长者模式: larger type and touch targets, fewer choices a page. */
  const elder = ref(uni.getStorageSync(KEY) === true)
  watch(elder, (on) => uni.setStorageSync(KEY, on))
  return { elder }
})
