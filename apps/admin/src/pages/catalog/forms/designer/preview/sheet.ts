// Answers while a form is tried out, in the shapes the engine takes.
import type { Item } from '../definition'

export type Answers = Readonly<Record<string, unknown>>

/** What is shown of the sheet: `enabled` null means that nobody could say, so everything is shown. */
export interface Sheet {
  answers: Answers
  enabled: ReadonlySet<string> | null
  errors: Readonly<Record<string, string>>
  missing: ReadonlySet<string>
  selected: string | null
  answer: (linkId: string, value: unknown) => void
  select: (linkId: string) => void
}

export function answered(answers: Answers, linkId: string, value: unknown): Answers {
  const next = { ...answers }
  const blank = value === undefined || value === null || value === '' || (Array.isArray(value) && !value.length)
  if (blank) delete next[linkId]
  else next[linkId] = value
  return next
}

/** The choices after `code` was tapped: an exclusive one stands alone, and goes when another is chosen. */
export function toggled(item: Item, chosen: readonly unknown[], code: string): unknown[] {
  if (chosen.includes(code)) return chosen.filter((one) => one !== code)
  const exclusive = new Set((item.answerOption ?? []).filter((one) => one.exclusive).map((one) => one.code))
  if (exclusive.has(code)) return [code]
  return [...chosen.filter((one) => !(typeof one === 'string' && exclusive.has(one))), code]
}

export const other = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null && 'other' in value ? String(value.other) : undefined

/** «其他» written by hand, among what is chosen. */
export function withOther(item: Item, value: unknown, text: string | undefined): unknown {
  const written = text === undefined ? [] : [{ other: text }]
  if (!item.repeats) return written[0]
  const codes = (Array.isArray(value) ? value : []).filter((one) => other(one) === undefined)
  return [...codes, ...written]
}

/** What a field holds, as the engine wants it: numbers as numbers, a quantity with its unit. */
export function valueOf(item: Item, typed: string): unknown {
  if (typed === '') return undefined
  if (item.type === 'integer' || item.type === 'decimal') return numberOr(typed)
  if (item.type === 'quantity') return { value: numberOr(typed), unit: item.unit }
  return typed
}

export function typedOf(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'value' in value) return String(value.value ?? '')
  return value === undefined || value === null ? '' : String(value)
}

const numberOr = (typed: string) => (Number.isFinite(Number(typed)) ? Number(typed) : typed)

export function initialAnswers(items: readonly Item[]): Answers {
  const found: Record<string, unknown> = {}
  for (const item of items) {
    if (item.initial !== undefined) found[item.linkId] = item.initial
    Object.assign(found, initialAnswers(item.item ?? []))
  }
  return found
}
