import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { useRoute } from 'vue-router'
import { api, ok } from '@/api/client'
import type { Shape } from '@/api/types'
import { usePatchQuery } from '@/api/url'

export type Account = Shape<'WechatAccountView'>
export type Tag = Shape<'TagView'>

/** The official account that a page is about, kept in the address; the first one until another is chosen. */
export function useOfficialAccount() {
  const route = useRoute()
  const patch = usePatchQuery()
  const query = useQuery({
    queryKey: ['wechat.accounts', 'all'],
    queryFn: () => ok(api.GET('/api/admin/wechat/accounts')),
  })
  const accounts = computed(() => (query.data.value ?? []).filter((one) => one.kind === 'official'))
  const account = computed(() => accounts.value.find((one) => one.id === route.query.account) ?? accounts.value[0])
  return {
    query,
    accounts,
    account,
    choose: (id: string) => void patch({ account: id, cursor: undefined, open: undefined }, 'push', { trail: [] }),
  }
}

/** The account's tags, as WeChat has them now. */
export function useTags(accountId: () => string) {
  return useQuery({
    queryKey: computed(() => ['wechat.tags', accountId()]),
    queryFn: () => ok(api.GET('/api/admin/wechat/accounts/{account_id}/tags', { params: { path: { account_id: accountId() } } })),
  })
}
