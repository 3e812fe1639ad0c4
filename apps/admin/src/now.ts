import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

// One clock for all that tick on a page.
const now = ref(Date.now())
let watchers = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The time, each second, while something on the page looks at it. */
export function useNow(): Readonly<Ref<number>> {
  onMounted(() => {
    now.value = Date.now()
    if (watchers++ === 0) timer = setInterval(() => (now.value = Date.now()), 1000)
  })
  onBeforeUnmount(() => {
    if (--watchers === 0) clearInterval(timer)
  })
  return now
}
