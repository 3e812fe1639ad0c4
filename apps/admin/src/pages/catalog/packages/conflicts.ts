import { keepPreviousData, useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { api, ok } from '@/api/client'
import type { ApiError } from '@/api/error'
import type { Shape } from '@/api/types'
import { sentOf, type Content } from './content'

export type Conflicts = UseQueryReturnType<Shape<'ConflictView'>[], ApiError>
const PAUSE_MS = 350

/** What would be wrong with the package as it stands, asked of the server after every change. */
export function useConflicts(content: Ref<Content>): Conflicts {
  const asked = ref(sentOf(content.value))
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    content,
    () => {
      clearTimeout(timer)
      timer = setTimeout(() => (asked.value = sentOf(content.value)), PAUSE_MS)
    },
    { deep: true },
  )
  onBeforeUnmount(() => clearTimeout(timer))

  // The words play no part.
  const relevant = computed(() => {
    const { item_codes, sex_limit, age_min, age_max } = asked.value
    return { item_codes, sex_limit, age_min, age_max }
  })
  return useQuery<Shape<'ConflictView'>[], ApiError>({
    queryKey: ['catalog.packages', 'check', relevant],
    queryFn: ({ signal }) => ok(api.POST('/api/admin/catalog/packages/check', { body: asked.value, signal })),
    enabled: () => relevant.value.item_codes.length > 0,
    placeholderData: keepPreviousData,
  })
}
