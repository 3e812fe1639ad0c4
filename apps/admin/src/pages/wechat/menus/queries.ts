import { api, ok } from '@/api/client'

const path = (account_id: string) => ({ path: { account_id } })

export const versionsOf = (account: string) => ({
  queryKey: ['wechat.menus', 'versions', account],
  queryFn: ({ signal }: { signal?: AbortSignal } = {}) =>
    ok(api.GET('/api/admin/wechat/accounts/{account_id}/menus', { params: path(account), signal })),
})

export const tagsOf = (account: string) => ({
  queryKey: ['wechat tags', account],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    ok(api.GET('/api/admin/wechat/accounts/{account_id}/tags', { params: path(account), signal })),
  retry: false,
})
