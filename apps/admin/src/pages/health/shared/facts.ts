import { dateTime } from '@/dates'
import { rounded, spokenUnit } from './units'

/** One input of an assessment or a finding, as the platform keeps it beside the outcome. */
export interface Fact {
  label: string
  value: unknown
  unit?: string
  at?: string
  source?: string
  comparator?: string
}

export interface FactLine {
  code: string
  label: string
  text: string
  source: string
  at: string | null
}

const SOURCES: Readonly<Record<string, string>> = {
  person: '档案',
  result: '体检结果',
  answer: '问卷',
  derived: '平台计算',
}

const CODES: Readonly<Record<string, string>> = {
  M: '男',
  F: '女',
  never: '从不',
  current: '现在吸烟',
  former: '已戒烟',
  occasional: '偶尔',
  regular: '经常',
  yes: '是',
  no: '否',
  none: '无',
}

export function isFact(value: unknown): value is Fact {
  return typeof value === 'object' && value !== null && 'label' in value && 'value' in value
}

/** Number, yes or no, code or text, as people read it. */
export function valueText(fact: Pick<Fact, 'value' | 'unit' | 'comparator'>): string {
  const { value } = fact
  if (typeof value === 'boolean') return value ? '是' : '否'
  if (typeof value === 'number') {
    return `${fact.comparator ?? ''}${rounded(value)} ${spokenUnit(fact.unit)}`.trim()
  }
  if (Array.isArray(value)) return value.map((one) => CODES[String(one)] ?? String(one)).join('、') || '无'
  return CODES[String(value)] ?? String(value ?? '—')
}

/** The facts among `inputs`, in their order. */
export function factLines(inputs: Readonly<Record<string, unknown>>): FactLine[] {
  return Object.entries(inputs).flatMap(([code, fact]) =>
    isFact(fact)
      ? [
          {
            code,
            label: fact.label,
            text: valueText(fact),
            source: SOURCES[fact.source ?? ''] ?? '',
            at: fact.at ? dateTime(fact.at) : null,
          },
        ]
      : [],
  )
}
