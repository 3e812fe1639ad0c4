import { computed, shallowReactive, shallowRef, watch, type Ref } from 'vue'
import { api, ok } from '@/api/client'
import type { Shape } from '@/api/types'

export type Item = Shape<'VendorItemRow'>
export type Suggestion = Shape<'CatalogSuggestionView'>

/** What may be chosen as a counterpart, suggested or searched for. */
export interface Candidate {
  item_code: string
  name: string
  unit: string
}

const LIMIT = 5

/** The suggestions for the rows on the page. They are asked for once an item and kept until the vendor changes the item. */
export function useSuggestions(vendorId: string, rows: Ref<Item[]>) {
  const known = shallowReactive(new Map<string, Suggestion[]>())
  const error = shallowRef<unknown>(null)
  const keyOf = (item: Item) => `${item.code}\n${item.changed_at}`

  async function ask() {
    const missing = rows.value.filter((item) => !known.has(keyOf(item)))
    if (!missing.length) return
    error.value = null
    try {
      const found = await ok(
        api.POST('/api/admin/catalog/vendors/{vendor_id}/suggestions', {
          params: { path: { vendor_id: vendorId }, query: { limit: LIMIT } },
          body: { vendor_item_codes: missing.map((item) => item.code) },
        }),
      )
      const byCode = new Map(found.map((one) => [one.vendor_item_code, one.suggestions]))
      missing.forEach((item) => known.set(keyOf(item), byCode.get(item.code) ?? []))
    } catch (thrown) {
      error.value = thrown
    }
  }
  watch(rows, ask, { immediate: true })

  return {
    /** Undefined while they are not there yet. */
    of: (item: Item): Suggestion[] | undefined => known.get(keyOf(item)),
    error: computed(() => error.value),
    retry: ask,
  }
}

/** Scores order candidates; shown without the zero and the point. */
export const points = (score: number) => Math.round(score * 100)

/** UCUM writes «without unit» as 1; nobody else does. */
export const shownUnit = (unit: string | undefined) => (unit === '1' ? '' : (unit ?? ''))

const AGAINST = new Set(['单位无法换算', '标准项目不带单位', '标本不一致', '科室不一致'])
export const speaksAgainst = (reason: string) => AGAINST.has(reason)
