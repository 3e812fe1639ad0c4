import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { api, ok } from '@/api/client'
import type { Shape } from '@/api/types'
import { modules, name } from '@/labels'

export type Role = Shape<'RoleView'>
export type Permission = Shape<'PermissionView'>

export interface PermissionGroup {
  module: string
  title: string
  permissions: Permission[]
}

export function useRoles() {
  return useQuery({ queryKey: ['accounts.roles', 'all'], queryFn: () => ok(api.GET('/api/admin/accounts/roles')) })
}

/** Every permission there is, by module, in the order in which people think of the modules. */
export function usePermissionGroups() {
  const query = useQuery({
    queryKey: ['accounts.permissions'],
    queryFn: () => ok(api.GET('/api/admin/accounts/permissions')),
    staleTime: Infinity,
  })
  return { query, groups: computed(() => byModule(query.data.value ?? [])) }
}

export function byModule(permissions: readonly Permission[]): PermissionGroup[] {
  const order = Object.keys(modules)
  const found = new Map<string, Permission[]>()
  for (const one of permissions) {
    const module = one.code.split('.')[0] ?? ''
    found.set(module, [...(found.get(module) ?? []), one])
  }
  const place = (module: string) => (order.includes(module) ? order.indexOf(module) : order.length)
  return [...found]
    .sort(([a], [b]) => place(a) - place(b))
    .map(([module, own]) => ({ module, title: name(modules, module), permissions: own }))
}
