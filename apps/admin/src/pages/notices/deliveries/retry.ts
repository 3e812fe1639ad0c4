import { api, ok } from '@/api/client'

/** A message that no channel has delivered goes out again, by its own channel. */
export const sendAgain = (id: string) =>
  ok(api.POST('/api/admin/notices/deliveries/{delivery_id}/retry', { params: { path: { delivery_id: id } } }))
