import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { usePatchQuery } from '@/api/url'

/** What is open beside the list, kept in the address: `const { open } = useOpenInUrl()` then `open(row.id)`. */
export function useOpenInUrl(param = 'open') {
  const route = useRoute()
  const router = useRouter()
  const patch = usePatchQuery()
  const id = computed(() => {
    const given = route.query[param]
    return typeof given === 'string' && given ? given : null
  })

  return {
    id,
    /** The first one is a step that «back» undoes; going from one to the next is not. */
    open: (wanted: string) => void patch({ [param]: wanted }, id.value === null ? 'push' : 'replace', { opened: true }),
    close: () => {
      if (history.state?.opened) router.back()
      else void patch({ [param]: undefined }, 'replace')
    },
  }
}
