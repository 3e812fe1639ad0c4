import { onScopeDispose, ref, watch, type Ref } from 'vue'

/** Follows `source` once it has rested: whoever runs through a list by keyboard asks nothing of the server on the way. */
export function useSettled<T>(source: Ref<T>, rest = 200): Ref<T> {
  const settled = ref(source.value) as Ref<T>
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(source, (now) => {
    clearTimeout(timer)
    timer = setTimeout(() => (settled.value = now), rest)
  })
  onScopeDispose(() => clearTimeout(timer))
  return settled
}
