import { useQuery } from '@tanstack/vue-query'
import { api, ok } from '@/api/client'
import { useSession } from '@/session/session'

/** The names of the exam systems. Who may not list them reads «体检机构». */
export function useVendors() {
  const session = useSession()
  const query = useQuery({
    queryKey: ['exchange.vendors', 'names'],
    queryFn: () => ok(api.GET('/api/admin/catalog/vendors')),
    staleTime: 10 * 60_000,
    enabled: () => session.can('catalog.mapping.read'),
  })
  return {
    nameOf: (vendorId: string) =>
      query.data.value?.find((vendor) => vendor.vendor_id === vendorId)?.name ?? '体检机构',
  }
}
