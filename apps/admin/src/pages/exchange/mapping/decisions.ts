import { useQueryClient } from '@tanstack/vue-query'
import { api, ok } from '@/api/client'
import type { Shape } from '@/api/types'

export type Choice = Shape<'MappingChoice'>

/** What was decided last: told at the foot of the page, with a way back. */
export interface Done {
  text: string
  codes: string[]
  /** How many results were waiting for these items; they are stored in the background. */
  waiting: number
}

/** The four things a person may decide about items of a vendor. Each throws what the platform refuses. */
export function useDecisions(vendorId: string) {
  const queries = useQueryClient()
  const path = { vendor_id: vendorId }

  async function finish(): Promise<void> {
    await queries.invalidateQueries({ queryKey: ['catalog.mappings'] })
    void queries.invalidateQueries({ queryKey: ['exchange.staged_results'] })
  }

  return {
    confirm: async (mappings: Choice[]) => {
      await ok(api.POST('/api/admin/catalog/vendors/{vendor_id}/mappings/confirm', { params: { path }, body: { mappings } }))
      await finish()
    },
    reject: async (codes: string[], why?: string) => {
      const body = { vendor_item_codes: codes, why }
      await ok(api.POST('/api/admin/catalog/vendors/{vendor_id}/mappings/reject', { params: { path }, body }))
      await finish()
    },
    disable: async (codes: string[], why?: string) => {
      const body = { vendor_item_codes: codes, why }
      await ok(api.POST('/api/admin/catalog/vendors/{vendor_id}/mappings/disable', { params: { path }, body }))
      await finish()
    },
    remove: async (codes: string[], why?: string) => {
      const body = { vendor_item_codes: codes, why }
      await ok(api.POST('/api/admin/catalog/vendors/{vendor_id}/mappings/remove', { params: { path }, body }))
      await finish()
    },
  }
}
