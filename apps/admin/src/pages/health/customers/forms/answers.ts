import type { Shape } from '@/api/types'

export type Definition = Shape<'Definition'>
type Item = Shape<'Item'>

export interface Answered {
  id: string
  question: string
  answer: string
}

export interface Section {
  title: string
  answered: Answered[]
  /** Questions nobody answered, or that other answers made needless. */
  open: number
}

/** The answers in the order of the form, in the words of the form. */
export function sectionsOf(definition: Definition, answers: Readonly<Record<string, unknown>>): Section[] {
  const loose = definition.item.filter((item) => item.type !== 'group')
  const groups = definition.item.filter((item) => item.type === 'group')
  return [
    ...(loose.length ? [sectionOf('', loose, answers)] : []),
    ...groups.map((group) => sectionOf(group.text, group.item ?? [], answers)),
  ]
}

function sectionOf(title: string, items: readonly Item[], answers: Readonly<Record<string, unknown>>): Section {
  const questions = items.flatMap(questionsIn)
  const answered = questions.flatMap((item) => {
    const answer = answerText(item, answers[item.linkId])
    return answer ? [{ id: item.linkId, question: item.text, answer }] : []
  })
  return { title, answered, open: questions.length - answered.length }
}

function questionsIn(item: Item): Item[] {
  if (item.type === 'group') return (item.item ?? []).flatMap(questionsIn)
  return item.type === 'display' ? [] : [item, ...(item.item ?? []).flatMap(questionsIn)]
}

export function answerText(item: Item, value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => answerText(item, one)).filter(Boolean).join('、')
  if (value === undefined || value === null || value === '') return ''
  if (typeof value === 'boolean') return value ? '是' : '否'
  if (typeof value === 'object') {
    const { value: number, unit, other } = value as { value?: unknown; unit?: unknown; other?: unknown }
    return other !== undefined ? String(other) : `${String(number)} ${String(unit ?? '')}`.trim()
  }
  const chosen = (item.answerOption ?? []).find((option) => option.code === value)
  return chosen?.display ?? `${String(value)} ${item.unit ?? ''}`.trim()
}
