import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { useRoute } from 'vue-router'
import { api, ok } from '@/api/client'
import type { Shape } from '@/api/types'
import { usePatchQuery } from '@/api/url'

export type Account = Shape<'WechatAccountView'>

export function useAccounts() {
  return useQuery({
    queryKey: ['wechat.accounts', 'all'],
    queryFn: ({ signal }) => ok(api.GET('/api/admin/wechat/accounts', { signal })),
  })
}

/** Which account a page is about: `?account=<id>`, without it the first in use of the wanted kind. */
export function useChosenAccount(kind?: Account['kind']) {
  const query = useAccounts()
  const route = useRoute()
  const patch = usePatchQuery()
  const accounts = computed(() => query.data.value?.filter((one) => !kind || one.kind === kind) ?? [])
  const chosen = computed(() => {
    const named = accounts.value.find((one) => one.id === route.query.account)
    return named ?? accounts.value.find((one) => one.active) ?? accounts.value[0]
  })
  return {
    query,
    accounts,
    chosen,
    /** What was open beside belonged to the account before. */
    choose: (id: string) => void patch({ account: id, open: undefined }, 'replace'),
  }
}

/** Where WeChat sends what fans do; this page stands at the same address. */
export const callbackUrl = (account: Account) => `${location.origin}${account.callback_path}`
