import { queryOptions } from '@tanstack/vue-query'
import { api, ok } from '@/api/client'

// Shipped with the platform: they change when it is upgraded.
const staleTime = 10 * 60_000

export const checklistRules = () =>
  queryOptions({
    queryKey: ['health.rules', 'checklist'],
    queryFn: () => ok(api.GET('/api/admin/health/checklist-rules')),
    staleTime,
  })

export const abnormalRules = () =>
  queryOptions({
    queryKey: ['health.rules', 'abnormal'],
    queryFn: () => ok(api.GET('/api/admin/health/abnormal-rules')),
    staleTime,
  })

export const riskModels = () =>
  queryOptions({
    queryKey: ['health.rules', 'models'],
    queryFn: () => ok(api.GET('/api/admin/health/risk-models')),
    staleTime,
  })
