import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { api, ok } from '@/api/client'
import type { Shape } from '@/api/types'
import { useSession } from '@/session/session'

export type Vendor = Shape<'ExchangeVendorView'>

/** The exam systems in reach; lists show their names and offer them as a filter. */
export function useVendors() {
  const session = useSession()
  const query = useQuery({
    queryKey: ['exchange.vendors', 'all'],
    queryFn: () => ok(api.GET('/api/admin/exchange/vendors')),
    enabled: session.can('exchange.vendor.read'),
  })
  const vendors = computed(() => query.data.value ?? [])
  return {
    query,
    vendors,
    vendorName: (id: string | null) => vendors.value.find((one) => one.id === id)?.name ?? (id ? '其他体检系统' : '—'),
  }
}
