import type { Item } from './conditions'

/** One screen of a form: a group with everything in it, or questions that stand beside each other at the top. */
export interface FormStep {
  title: string
  help: string
  rows: Item[]
}

/** Only what is asked; groups within a group become a heading and what follows. A step with nothing in it is left out. */
export function stepsOf(title: string, items: Item[], asked: Set<string>): FormStep[] {
  const steps: FormStep[] = []
  let loose: FormStep | undefined
  for (const item of items.filter((one) => asked.has(one.linkId))) {
    if (item.type === 'group') {
      loose = undefined
      steps.push({ title: item.text, help: item.help ?? '', rows: rowsOf(item.item, asked) })
    } else {
      if (!loose) {
        loose = { title, help: '', rows: [] }
        steps.push(loose)
      }
      loose.rows.push(item)
    }
  }
  return steps.filter((step) => step.rows.length > 0)
}

function rowsOf(items: Item[], asked: Set<string>): Item[] {
  return items
    .filter((item) => asked.has(item.linkId))
    .reduce<Item[]>((rows, item) => rows.concat(item, rowsOf(item.item, asked)), [])
}

export function stepOfQuestion(steps: FormStep[], link: string): number {
  return steps.findIndex((step) => step.rows.some((row) => row.linkId === link))
}
