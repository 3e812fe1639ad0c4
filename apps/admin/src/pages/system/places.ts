import { useQueries, useQuery } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'
import { api, ok } from '@/api/client'
import type { Shape } from '@/api/types'
import { useSession } from '@/session/session'

export type Institution = Shape<'InstitutionView'>
export type Department = Shape<'DepartmentView'>
export interface DepartmentNode extends Department {
  children: DepartmentNode[]
}

const TOPIC = 'accounts.institutions'

export function useInstitutions() {
  return useQuery({
    queryKey: [TOPIC, 'all'],
    queryFn: () => ok(api.GET('/api/admin/accounts/institutions')),
    enabled: useSession().can('accounts.institution.read'),
  })
}

function departmentsOf(institutionId: string) {
  return {
    queryKey: [TOPIC, 'departments', institutionId],
    queryFn: () =>
      ok(api.GET('/api/admin/accounts/departments', { params: { query: { institution_id: institutionId } } })),
  }
}

export function useDepartments(institutionId: MaybeRefOrGetter<string>) {
  const session = useSession()
  return useQuery(
    computed(() => ({
      ...departmentsOf(toValue(institutionId)),
      enabled: toValue(institutionId) !== '' && session.can('accounts.institution.read'),
    })),
  )
}

/** Names of institutions and departments by their id, for lists. */
export function usePlaceNames() {
  const institutions = useInstitutions()
  const departments = useQueries({
    queries: computed(() => (institutions.data.value ?? []).map((one) => departmentsOf(one.id))),
    combine: (all) => all.flatMap((one) => one.data ?? []),
  })
  return {
    institutions: computed(() => institutions.data.value ?? []),
    institutionName: (id: string) => institutions.data.value?.find((one) => one.id === id)?.name ?? '—',
    departmentName: (id: string | null) => departments.value.find((one) => one.id === id)?.name ?? '—',
  }
}

/** Departments as the tree they form, each level in its order. */
export function asTree(departments: readonly Department[]): DepartmentNode[] {
  const nodes = new Map(departments.map((one) => [one.id, { ...one, children: [] as DepartmentNode[] }]))
  const roots: DepartmentNode[] = []
  for (const node of nodes.values()) {
    const parent = node.parent_id === null ? undefined : nodes.get(node.parent_id)
    ;(parent?.children ?? roots).push(node)
  }
  const inOrder = (level: DepartmentNode[]): DepartmentNode[] => {
    level.sort((a, b) => a.sort - b.sort || a.name.localeCompare(b.name, 'zh-CN'))
    level.forEach((node) => inOrder(node.children))
    return level
  }
  return inOrder(roots)
}
