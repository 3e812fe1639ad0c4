// Who speaks of whom: conditions and expressions name items and scores by their codes.
import { itemsOf, type Condition, type Definition, type Item } from './definition'

// A string of an expression, or a name in it. What stands in quotes is an option's code, never a name.
const TOKENS = /'[^']*'|"[^"]*"|[A-Za-z_][A-Za-z0-9_]*/g
const WORDS = new Set('and or not if else True False sum min max count default chosen'.split(' '))

export function namesIn(expression: string): Set<string> {
  const found = expression.match(TOKENS) ?? []
  return new Set(found.filter((one) => !/^['"]/.test(one) && !WORDS.has(one)))
}

/** The titles of everything that asks for `code`. */
export function usersOf(definition: Definition, code: string): string[] {
  return [
    ...itemsOf(definition)
      .filter((one) => one.enableWhen?.some((when) => when.question === code))
      .map((one) => `「${one.text}」的显示条件`),
    ...(definition.score ?? []).filter((one) => namesIn(one.expression).has(code)).map((one) => `得分「${one.title}」`),
    ...(definition.flag ?? []).filter((one) => namesIn(one.when).has(code)).map((one) => `提醒「${one.display}」`),
  ]
}

/** Gives an item or a score another code; whatever asks for it follows. */
export function renameCode(definition: Definition, from: string, to: string): Definition {
  const asked = (when: Condition): Condition => (when.question === from ? { ...when, question: to } : when)
  const renamed = (item: Item): Item => ({
    ...item,
    linkId: item.linkId === from ? to : item.linkId,
    ...(item.enableWhen && { enableWhen: item.enableWhen.map(asked) }),
    ...(item.item && { item: item.item.map(renamed) }),
  })
  const inText = (text: string) => text.replace(TOKENS, (token) => (token === from ? to : token))
  return {
    ...definition,
    item: definition.item.map(renamed),
    ...(definition.score && {
      score: definition.score.map((one) => ({
        ...one,
        code: one.code === from ? to : one.code,
        expression: inText(one.expression),
      })),
    }),
    ...(definition.flag && { flag: definition.flag.map((one) => ({ ...one, when: inText(one.when) })) }),
  }
}

/** Gives an option another code; conditions and `chosen(…)` that name it follow. */
export function renameOption(definition: Definition, linkId: string, from: string, to: string): Definition {
  const renamed = (item: Item): Item => ({
    ...item,
    ...(item.linkId === linkId && {
      answerOption: item.answerOption?.map((one) => (one.code === from ? { ...one, code: to } : one)),
    }),
    ...(item.enableWhen && {
      enableWhen: item.enableWhen.map((when) =>
        when.question === linkId && when.answer === from ? { ...when, answer: to } : when,
      ),
    }),
    ...(item.item && { item: item.item.map(renamed) }),
  })
  const chosen = new RegExp(`(chosen\\(\\s*${linkId}\\s*,\\s*)(['"])${escaped(from)}\\2`, 'g')
  const inText = (text: string) => text.replace(chosen, `$1$2${to}$2`)
  return {
    ...definition,
    item: definition.item.map(renamed),
    ...(definition.score && {
      score: definition.score.map((one) => ({ ...one, expression: inText(one.expression) })),
    }),
    ...(definition.flag && { flag: definition.flag.map((one) => ({ ...one, when: inText(one.when) })) }),
  }
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&')
