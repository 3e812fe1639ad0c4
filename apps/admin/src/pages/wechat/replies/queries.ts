import { api, ok } from '@/api/client'

const path = (account_id: string) => ({ path: { account_id } })

export const rulesOf = (account: string) => ({
  queryKey: ['wechat.replies', 'rules', account],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    ok(api.GET('/api/admin/wechat/accounts/{account_id}/replies', { params: path(account), signal })),
})

export const conflictsOf = (account: string) => ({
  queryKey: ['wechat.replies', 'conflicts', account],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    ok(
      api.GET('/api/admin/wechat/accounts/{account_id}/replies/conflicts', {
        params: { ...path(account), query: { with_drafts: true } },
        signal,
      }),
    ),
})

export const hoursOf = (account: string) => ({
  queryKey: ['wechat.replies', 'hours', account],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    ok(api.GET('/api/admin/wechat/accounts/{account_id}/desk-hours', { params: path(account), signal })),
})
