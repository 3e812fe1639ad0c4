import type { Shape } from '@/api'

// Which questions are asked, as the platform decides it (forms/engine/evaluate.py), so that a form branches at once and
// without network. What counts in the end is what the platform says.

export type Item = Shape<'Item'>
export type Answers = Record<string, unknown>
/** %sex, %age and %today of whoever the form is about. */
export type Context = Record<string, unknown>

export function isBlank(raw: unknown): boolean {
  if (Array.isArray(raw)) return raw.every(isBlank)
  if (typeof raw === 'object' && raw !== null) {
    const { value, other } = raw as { value?: unknown; other?: unknown }
    return (value ?? '') === '' && (other ?? '') === ''
  }
  return raw === undefined || raw === null || (typeof raw === 'string' && raw.trim() === '')
}

/** All items by linkId, groups and what is in them, in the order of the form. */
export function everyItem(items: Item[], found = new Map<string, Item>()): Map<string, Item> {
  for (const item of items) {
    found.set(item.linkId, item)
    everyItem(item.item, found)
  }
  return found
}

export function askedItems(items: Item[], answers: Answers, context: Context): Set<string> {
  const byLink = everyItem(items)
  const parents = new Map<string, string>()
  for (const item of byLink.values()) for (const child of item.item) parents.set(child.linkId, item.linkId)
  const decided = new Map<string, boolean>()

  function asked(link: string): boolean {
    const known = decided.get(link)
    if (known !== undefined) return known
    decided.set(link, false) // the platform refuses forms that go in circles
    const item = byLink.get(link)
    const parent = parents.get(link)
    const holds = item !== undefined && (parent === undefined || asked(parent)) && conditionsHold(item)
    decided.set(link, holds)
    return holds
  }

  function conditionsHold(item: Item): boolean {
    if (item.enableWhen.length === 0) return true
    return item.enableBehavior === 'any' ? item.enableWhen.some(conditionHolds) : item.enableWhen.every(conditionHolds)
  }

  function conditionHolds({ question, operator, answer }: Item['enableWhen'][number]): boolean {
    const given = givenTo(question)
    const expected = answer === '%today' ? context['%today'] : answer
    if (operator === 'exists') return given.length > 0 === answer
    if (operator === '=') return given.some((one) => one === expected)
    if (operator === '!=') return !given.some((one) => one === expected)
    return given.some((one) => compares(one, operator, expected))
  }

  function givenTo(question: string): unknown[] {
    if (question.charAt(0) === '%') return context[question] === undefined ? [] : [context[question]]
    const value = answers[question]
    if (isBlank(value) || !asked(question)) return []
    const parts = Array.isArray(value) ? value.filter((part) => !isBlank(part)) : [value]
    const quantity = byLink.get(question)?.type === 'quantity'
    return quantity ? parts.map((part) => (part as { value: unknown }).value) : parts
  }

  return new Set([...byLink.keys()].filter(asked))
}

function compares(one: unknown, operator: string, other: unknown): boolean {
  const alike = (typeof one === 'number' && typeof other === 'number') || (typeof one === 'string' && typeof other === 'string')
  if (!alike) return false
  const [left, right] = [one as number, other as number]
  if (operator === '<') return left < right
  if (operator === '<=') return left <= right
  return operator === '>' ? left > right : left >= right
}
