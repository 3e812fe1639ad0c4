import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { api, ok } from '@/api/client'
import { useSession } from '@/session/session'

/** How many results wait for these items of a vendor, and of how many persons. */
export function useWaiting(vendorId: string, codes: Ref<string[]>, options: { keep?: boolean; every?: (still: number | undefined) => number | false } = {}) {
  const session = useSession()
  const wanted = computed(() => [...codes.value].sort())
  return useQuery({
    queryKey: computed(() => ['exchange.staged_results', 'preview', vendorId, wanted.value]),
    queryFn: () =>
      ok(
        api.POST('/api/admin/exchange/staged-results/preview', {
          body: { vendor_id: vendorId, vendor_item_codes: wanted.value },
        }),
      ),
    enabled: () => wanted.value.length > 0 && session.can('exchange.staged.read'),
    placeholderData: options.keep ? keepPreviousData : undefined,
    refetchInterval: (query) => options.every?.(query.state.data?.results) ?? false,
  })
}
