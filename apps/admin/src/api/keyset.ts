import { keepPreviousData, useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, reactive, ref, watch, type ComputedRef, type Ref } from 'vue'
import { useRoute } from 'vue-router'
import type { ApiError } from './error'
import { fromQuery, toQuery, toSend, type Filters, type Sent } from './filters'
import { usePatchQuery } from './url'

export interface Page<T> {
  items: T[]
  next?: string | null
}

export interface KeysetList<T, F extends Filters> {
  /** Bind inputs to these; the address follows after a short pause, and the list follows the address. */
  filters: F
  filtered: ComputedRef<boolean>
  reset: () => void
  /** The filters as they are sent, also for an export. */
  sent: ComputedRef<Sent<F>>
  items: ComputedRef<T[]>
  page: ComputedRef<number>
  hasNext: ComputedRef<boolean>
  hasPrevious: ComputedRef<boolean>
  next: () => void
  previous: () => void
  query: UseQueryReturnType<Page<T>, ApiError>
}

interface Options<T, F extends Filters> {
  topic: string
  filters: F
  fetch: (
    filters: Sent<F>,
    cursor: string | undefined,
    limit: number,
    signal: AbortSignal,
    unlisted: string,
  ) => Promise<Page<T>>
  limit?: number
  /** What the whole list belongs to, where the page chooses that apart from the filters: an account. */
  within?: string
  /** What narrows the list and may not stand in an address: names and numbers of people. `fetch` gets it after the pause. */
  unlisted?: Ref<string>
}

const PAUSE_MS = 300

/**
 * A list paged by keyset whose filters and place live in the address: reload, back and a link sent to a colleague show the
 * same. The cursors of the pages before are kept in the history entry, since a cursor only leads forward.
 */
export function useKeysetList<T, F extends Filters>(options: Options<T, F>): KeysetList<T, F> {
  const route = useRoute()
  const patch = usePatchQuery()
  const limit = options.limit ?? 20
  const path = route.path
  const here = () => route.path === path

  const inAddress = computed(() => fromQuery(options.filters, route.query))
  const filters = reactive({ ...inAddress.value }) as F
  const cursor = computed(() => (typeof route.query.cursor === 'string' ? route.query.cursor : undefined))
  const trail = computed<string[]>(() => {
    void route.fullPath // history.state is not reactive, the address is
    return cursor.value === undefined ? [] : (history.state?.trail ?? [])
  })

  // Back and forward change the address first.
  watch(inAddress, (found) => here() && Object.assign(filters, found))
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(filters, (wanted) => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (!here() || same(wanted, inAddress.value)) return
      void patch({ ...toQuery(options.filters, wanted as F), cursor: undefined }, 'replace', { trail: [] })
    }, PAUSE_MS)
  })

  // Kept in memory only, so a reload shows the whole list.
  const unlisted = options.unlisted ?? ref('')
  const settled = ref(unlisted.value.trim())
  let unlistedTimer: ReturnType<typeof setTimeout> | undefined
  watch(unlisted, (typed) => {
    clearTimeout(unlistedTimer)
    unlistedTimer = setTimeout(() => {
      if (!here() || typed.trim() === settled.value) return
      settled.value = typed.trim()
      if (cursor.value !== undefined) void patch({ cursor: undefined }, 'replace', { trail: [] })
    }, PAUSE_MS)
  })

  const sent = computed(() => toSend(inAddress.value))
  const query = useQuery<Page<T>, ApiError>({
    queryKey: computed(() => [options.topic, 'list', sent.value, cursor.value ?? '', limit, settled.value, options.within ?? '']),
    queryFn: ({ signal }) => options.fetch(sent.value, cursor.value, limit, signal, settled.value),
    placeholderData: keepPreviousData,
    enabled: here,
  })

  return {
    filters,
    filtered: computed(() => settled.value !== '' || !same(inAddress.value, options.filters)),
    reset: () => {
      unlisted.value = ''
      Object.assign(filters, options.filters)
    },
    sent,
    items: computed(() => query.data.value?.items ?? []),
    page: computed(() => trail.value.length + 1),
    hasNext: computed(() => Boolean(query.data.value?.next)),
    hasPrevious: computed(() => cursor.value !== undefined),
    next: () => {
      const to = query.data.value?.next
      if (to) void patch({ cursor: to }, 'push', { trail: [...trail.value, cursor.value ?? ''] })
    },
    previous: () => {
      const before = [...trail.value]
      void patch({ cursor: before.pop() }, 'push', { trail: before })
    },
    query,
  }
}

function same(a: Filters, b: Filters): boolean {
  return Object.keys(b).every((name) => a[name] === b[name])
}
