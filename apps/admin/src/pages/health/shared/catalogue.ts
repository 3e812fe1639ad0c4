import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { api, ok } from '@/api/client'
import type { Shape } from '@/api/types'
import { useSession } from '@/session/session'

type Item = Shape<'StandardItem'>
type Known = Readonly<Record<string, Item>>

async function everyItem(signal: AbortSignal): Promise<Known> {
  const items: Record<string, Item> = {}
  let cursor: string | undefined
  do {
    const page = await ok(api.GET('/api/admin/catalog/items', { params: { query: { limit: 200, cursor } }, signal }))
    for (const item of page.items) items[item.code] = item
    cursor = page.next ?? undefined
  } while (cursor)
  return items
}

/** The standard items by code. What vendors call an item differs from place to place; people read the standard name. */
export function useCatalogue() {
  const session = useSession()
  const query = useQuery({
    queryKey: ['catalog.items', 'by-code'],
    queryFn: ({ signal }) => everyItem(signal),
    staleTime: 10 * 60_000,
    enabled: () => session.can('catalog.item.read'),
  })
  const items = computed<Known>(() => query.data.value ?? {})
  return {
    items,
    /** The standard name, or what it is called elsewhere, or the code: never nothing. */
    nameOf: (code: string, fallback = '') => items.value[code]?.name ?? (fallback.trim() || code),
    namesOf: (codes: readonly string[]) => codes.map((code) => items.value[code]?.name ?? code).join('、'),
    categoryOf: (code: string) => items.value[code]?.category || '其他',
  }
}
