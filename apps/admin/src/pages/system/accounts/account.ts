import { api, ok } from '@/api/client'
import { queryClient } from '@/api/query'
import type { Shape } from '@/api/types'

export type Account = Shape<'AccountView'>
export type Grant = Shape<'GrantInput'>

export interface Profile {
  display_name: string
  phone: string
  institution_id: string
  department_id: string
}

const TOPIC = 'accounts.accounts'
export const accountKey = (id: string) => [TOPIC, 'one', id]
export const refreshAccounts = () =>
  Promise.all([
    queryClient.invalidateQueries({ queryKey: [TOPIC] }),
    queryClient.invalidateQueries({ queryKey: ['accounts.roles'] }), // how many hold each
  ])

/** After too many wrong passwords. */
export const isPaused = (account: { locked_until: string | null }) =>
  account.locked_until !== null && new Date(account.locked_until) > new Date()

/** The profile as it is sent: an empty phone or department is none. */
export const toSend = (profile: Profile) => ({
  ...profile,
  phone: profile.phone.trim() || null,
  department_id: profile.department_id || null,
})

export const setGrants = (id: string, grants: Grant[]) =>
  ok(api.PUT('/api/admin/accounts/accounts/{account_id}/grants', { params: { path: { account_id: id } }, body: { grants } }))
