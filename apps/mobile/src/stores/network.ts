import { defineStore } from 'pinia'
import { ref } from 'vue'
import { announce } from '@/live'

/** Whether the device has a network; when it comes back, every page asks anew. */
export const useNetwork = defineStore('network', () => {
  const online = ref(true)

  function change(connected: boolean) {
    const back = connected && !online.value
    online.value = connected
    if (back) announce()
  }

  function watchNetwork() {
    // #ifndef H5
    uni.getNetworkType({ success: ({ networkType }) => change(networkType !== 'none') })
    uni.onNetworkStatusChange(({ isConnected }) => change(isConnected))
    // #endif
    // #ifdef H5
    // uni-app's H5 listens to the kind of network only and misses that there is none.
    change(navigator.onLine)
    window.addEventListener('offline', () => change(false))
    window.addEventListener('online', () => {
      change(true)
      // A page whose code could not be fetched does not come back by itself.
      if (document.querySelector('.uni-async-error')) window.location.reload()
    })
    // #endif
  }

  return { online, watchNetwork }
})
