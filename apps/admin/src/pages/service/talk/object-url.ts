import { onScopeDispose, type Ref, ref, watch } from 'vue'

/** An address in this page for what was fetched; given back when there is something else, or nobody looks any more. */
export function useObjectUrl(file: Ref<Blob | undefined>): Ref<string> {
  const url = ref('')
  function drop() {
    if (url.value) URL.revokeObjectURL(url.value)
    url.value = ''
  }
  watch(
    file,
    (blob) => {
      drop()
      if (blob) url.value = URL.createObjectURL(blob)
    },
    { immediate: true },
  )
  onScopeDispose(drop)
  return url
}
