import { defineStore } from 'pinia'
import { ref } from 'vue'
import { announce } from '@/live'

/** Whether the device has a network; when it comes back, every page asks anew. */
export const useNetwork = defineStore('network', () => {
  const online = ref(true)

  function watchNetwork() {
    uni.getNetworkType({ success: ({ networkType }) => (online.value = networkType !== 'none') })
    uni.onNetworkStatusChange(({ isConnected }) => {
      const back = isConnected && !online.value
      online.value = isConnected
      if (back) announce()
    })
  }

  return { online, watchNetwork }
})
