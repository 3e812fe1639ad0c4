import { api, ok } from '@/api/client'
import type { Shape } from '@/api/types'

/** Every item of the catalogue by its code, also those out of use: some hundreds, for showing names beside codes. */
export async function allItems(signal: AbortSignal): Promise<Map<string, Shape<'StandardItem'>>> {
  const found = new Map<string, Shape<'StandardItem'>>()
  let cursor: string | null | undefined
  do {
    const query = { retired: true, limit: 200, cursor }
    const page = await ok(api.GET('/api/admin/catalog/items', { params: { query }, signal }))
    page.items.forEach((one) => found.set(one.code, one))
    cursor = page.next
  } while (cursor)
  return found
}
