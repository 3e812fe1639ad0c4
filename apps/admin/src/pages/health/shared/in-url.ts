import { computed, type WritableComputedRef } from 'vue'
import { useRoute } from 'vue-router'
import { usePatchQuery } from '@/api/url'

/** A choice of the page that lives in the address, so that reload, back and a link to a colleague keep it. */
export function useInUrl(param: string, fallback = ''): WritableComputedRef<string> {
  const route = useRoute()
  const patch = usePatchQuery()
  return computed({
    get: () => {
      const given = route.query[param]
      return typeof given === 'string' && given ? given : fallback
    },
    set: (wanted) => void patch({ [param]: wanted === fallback ? undefined : wanted }, 'replace'),
  })
}
