import { name, sexes } from '@/labels'

interface Limited {
  sex_limit: string
  age_min?: number | null
  age_max?: number | null
}

/** «女，45–74 岁»; what is for everybody says so. */
export function limitsOf({ sex_limit, age_min, age_max }: Limited): string {
  const parts = [sex_limit ? name(sexes, sex_limit) : '', agesOf(age_min, age_max)].filter(Boolean)
  return parts.join('，') || '不限'
}

export function agesOf(low?: number | null, high?: number | null): string {
  if (low == null && high == null) return ''
  if (high == null) return `${low} 岁及以上`
  return low ? `${low}–${high} 岁` : `${high} 岁及以下`
}
