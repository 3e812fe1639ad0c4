import { useQuery } from '@tanstack/vue-query'
import { api, ok } from '@/api/client'
import { name, noticeSenders } from '@/labels'
import { useSession } from '@/session/session'

/** Titles of the notices' templates by their code. Who may not read them sees the codes. */
export function useNoticeTitles() {
  const query = useQuery({
    queryKey: ['notices.templates', 'all'],
    queryFn: () => ok(api.GET('/api/admin/notices/templates')),
    enabled: useSession().can('notices.template.read'),
  })
  return {
    query,
    titleOf: (code: string) => query.data.value?.find((one) => one.code === code)?.preview.split('\n')[0] ?? code,
  }
}

/** Official accounts and mini-programs, for those who may see them. */
export function useWechatAccounts() {
  return useQuery({
    queryKey: ['wechat.accounts', 'all'],
    queryFn: () => ok(api.GET('/api/admin/wechat/accounts')),
    enabled: useSession().can('wechat.account.read'),
  })
}

/** Who sends: a service by its name, an official account by its own. */
export function useSenderNames() {
  const accounts = useWechatAccounts()
  return (sender: string): string => {
    if (sender === '' || sender in noticeSenders) return name(noticeSenders, sender)
    return accounts.data.value?.find((one) => one.id === sender)?.name ?? '公众号或小程序'
  }
}
