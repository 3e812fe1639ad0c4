import { dateTime } from '@/dates'

/** A staged result as it came; everything but the item's code may be missing. */
export interface Result {
  /** Value with unit and arrow, '—' for a deletion. */
  value: string
  facts: [string, string][]
}

const ARROWS: Readonly<Record<string, string>> = { H: ' ↑', L: ' ↓', HH: ' ↑↑', LL: ' ↓↓' }

export function readResult(given: unknown): Result {
  const result = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>
  const text = (name: string) => (typeof result[name] === 'string' ? (result[name] as string) : '')
  const value = [text('value'), text('unit')].filter(Boolean).join(' ')
  const facts: [string, string][] = [
    ['参考区间', text('reference_range')],
    ['检查时间', text('performed_at') && dateTime(text('performed_at'))],
    ['科室', text('department')],
    ['标本', text('specimen')],
    ['序号', typeof result.sequence === 'number' ? String(result.sequence) : ''],
  ]
  return {
    value: value ? value + (ARROWS[text('abnormal_flag')] ?? '') : '—',
    facts: facts.filter(([, found]) => found),
  }
}
