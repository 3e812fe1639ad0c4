// The content of a package as it is edited: what the page holds, and what is sent.
import type { Shape } from '@/api/types'
import type { OutlineRow, Place, Step } from '../outline/outline'

export interface Content {
  code: string
  institution_id: string | null
  name: string
  description: string
  sex_limit: '' | 'M' | 'F'
  age_min: number | null
  age_max: number | null
  package_1x: '' | '1' | 'X'
  x_risk: string
  basis: string
  item_codes: string[]
}

export const BLANK: Readonly<Content> = {
  code: '',
  institution_id: null,
  name: '',
  description: '',
  sex_limit: '',
  age_min: null,
  age_max: null,
  package_1x: '',
  x_risk: '',
  basis: '',
  item_codes: [],
}

export function contentOf(found: Shape<'Package'>): Content {
  const { code, institution_id, name, description, age_min, age_max, x_risk, basis } = found
  return {
    code,
    institution_id,
    name,
    description,
    sex_limit: found.sex_limit as Content['sex_limit'],
    age_min,
    age_max,
    package_1x: found.package_1x as Content['package_1x'],
    x_risk,
    basis,
    item_codes: [...found.item_codes],
  }
}

/** What both saving and checking send. */
export function sentOf(content: Content): Shape<'PackageContent'> {
  const { name, description, sex_limit, age_min, age_max, package_1x, x_risk, basis, item_codes } = content
  const named = name.trim() || '未命名'
  return { name: named, description, sex_limit, age_min, age_max, package_1x, x_risk, basis, item_codes }
}

/** The members as rows of an outline. A code that stands twice makes two rows. */
export function memberRows(codes: readonly string[]): (OutlineRow & { code: string })[] {
  const times = new Map<string, number>()
  return codes.map((code) => {
    const time = (times.get(code) ?? 0) + 1
    times.set(code, time)
    return { key: time === 1 ? code : `${code} ${time}`, code, parent: null, depth: 0 }
  })
}

export function placed(codes: readonly string[], from: number, target: number, place: Place): string[] {
  const moved = codes[from]
  if (moved === undefined || from === target) return [...codes]
  const rest = codes.filter((_, index) => index !== from)
  const behind = (from < target ? target - 1 : target) + (place === 'after' ? 1 : 0)
  return [...rest.slice(0, behind), moved, ...rest.slice(behind)]
}

export function stepped(codes: readonly string[], from: number, step: Step): string[] {
  if (step === 'up' && from > 0) return placed(codes, from, from - 1, 'before')
  if (step === 'down' && from < codes.length - 1) return placed(codes, from, from + 1, 'after')
  return [...codes]
}
