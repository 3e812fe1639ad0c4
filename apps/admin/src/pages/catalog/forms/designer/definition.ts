// A form's definition as it is edited (FHIR Questionnaire terms), and changes of it. Nothing is changed in place: every
// function gives the next definition. A place in the tree of items is a path of indices.
import type { OutlineRow, Place, Step } from '../../outline/outline'

export type ItemType =
  | 'group'
  | 'display'
  | 'boolean'
  | 'decimal'
  | 'integer'
  | 'date'
  | 'string'
  | 'text'
  | 'choice'
  | 'open-choice'
  | 'quantity'

export interface Option {
  code: string
  display: string
  weight?: number
  exclusive?: boolean
}
export interface Condition {
  question: string
  operator: 'exists' | '=' | '!=' | '>' | '<' | '>=' | '<='
  answer: boolean | number | string
}
export interface Provenance {
  source: string
  confidence: 'verified-in-2-sources' | '1-source' | 'memory'
  licence?: string
  note?: string
  reviewedBy?: string
  reviewedAt?: string
}
export interface Item {
  linkId: string
  type: ItemType
  text: string
  help?: string
  required?: boolean
  repeats?: boolean
  readOnly?: boolean
  initial?: unknown
  maxLength?: number
  minValue?: number | string
  maxValue?: number | string
  unit?: string
  answerOption?: Option[]
  enableWhen?: Condition[]
  enableBehavior?: 'all' | 'any'
  provenance?: Provenance
  item?: Item[]
}
export interface Band {
  low: number
  code: string
  display: string
}
export interface Score {
  code: string
  title: string
  expression: string
  unit?: string
  band?: Band[]
}
export interface Flag {
  code: string
  display: string
  level: 'info' | 'warning' | 'urgent'
  when: string
}
export interface Definition {
  code: string
  title: string
  kind: 'questionnaire' | 'scale' | 'document'
  selfService?: boolean
  description?: string
  provenance?: Provenance
  item: Item[]
  score?: Score[]
  flag?: Flag[]
}

export type Path = readonly number[]
export interface Moved {
  definition: Definition
  path: Path
}
export interface ItemRow extends OutlineRow {
  item: Item
}

export const CODED: ReadonlySet<ItemType> = new Set(['choice', 'open-choice'])
export const NUMERIC: ReadonlySet<ItemType> = new Set(['decimal', 'integer', 'quantity'])
export const TEXTUAL: ReadonlySet<ItemType> = new Set(['string', 'text'])
export const UNANSWERABLE: ReadonlySet<ItemType> = new Set(['group', 'display'])
/** What a condition may ask besides answers. */
export const CONTEXT = { '%sex': '填写人的性别', '%age': '填写人的年龄', '%today': '填写当天的日期' } as const
export const DEEPEST = 8

/** As stored, whoever made it; what is no definition at all becomes an empty one. */
export function definitionOf(raw: unknown): Definition {
  const given = (typeof raw === 'object' && raw !== null ? raw : {}) as Partial<Definition>
  return { code: '', title: '', kind: 'questionnaire', ...given, item: Array.isArray(given.item) ? given.item : [] }
}

export const keyOf = (path: Path): string => path.join('.')
export const pathOf = (key: string): Path => key.split('.').map(Number)

export function rowsOf(items: readonly Item[], above: Path = []): ItemRow[] {
  return items.flatMap((item, index) => {
    const path = [...above, index]
    const row = {
      key: keyOf(path),
      parent: above.length ? keyOf(above) : null,
      depth: above.length,
      branch: item.type === 'group',
      item,
    }
    return [row, ...rowsOf(item.item ?? [], path)]
  })
}

export const itemsOf = (definition: Definition): Item[] => rowsOf(definition.item).map((row) => row.item)

export function itemAt(definition: Definition, path: Path): Item | undefined {
  let items: readonly Item[] = definition.item
  let found: Item | undefined
  for (const index of path) {
    found = items[index]
    items = found?.item ?? []
  }
  return found
}

/** Where the item (or the first of several) with this linkId stands. */
export function placeOf(definition: Definition, linkId: string): Path | null {
  const row = rowsOf(definition.item).find((one) => one.item.linkId === linkId)
  return row ? pathOf(row.key) : null
}

/** The definition with the list of items in the group at `path` replaced; the empty path is the form itself. */
function withItems(definition: Definition, path: Path, change: (items: readonly Item[]) => Item[]): Definition {
  const within = (items: readonly Item[], rest: Path): Item[] => {
    const [index, ...deeper] = rest
    if (index === undefined) return change(items)
    return items.map((one, at) => (at === index ? { ...one, item: within(one.item ?? [], deeper) } : one))
  }
  return { ...definition, item: within(definition.item, path) }
}

const above = (path: Path): Path => path.slice(0, -1)
const last = (path: Path): number => path.at(-1) ?? 0

/** Some properties of one item; `undefined` takes a property away. */
export function changeItem(definition: Definition, path: Path, change: Partial<Item>): Definition {
  return withItems(definition, above(path), (items) =>
    items.map((one, index) => (index === last(path) ? without({ ...one, ...change }) : one)),
  )
}

/** Without the properties that say nothing. */
export function without<T extends object>(thing: T): T {
  return Object.fromEntries(Object.entries(thing).filter(([, value]) => value !== undefined)) as T
}

export function insertItem(definition: Definition, path: Path, item: Item): Definition {
  return withItems(definition, above(path), (items) => [
    ...items.slice(0, last(path)),
    item,
    ...items.slice(last(path)),
  ])
}

export function removeItem(definition: Definition, path: Path): Definition {
  return withItems(definition, above(path), (items) => items.filter((_, index) => index !== last(path)))
}

/** After the item at `path`, or at the end of the group it is; without a path at the end of the form. */
export function placeForNew(definition: Definition, path: Path | null): Path {
  if (path === null) return [definition.item.length]
  const item = itemAt(definition, path)
  if (item?.type === 'group') return [...path, item.item?.length ?? 0]
  return [...above(path), last(path) + 1]
}

/** Takes the item at `from` and puts it at `to`, a place as it is before anything moves. Null where it cannot go. */
export function moveItem(definition: Definition, from: Path, to: Path): Moved | null {
  const item = itemAt(definition, from)
  const into = to.slice(0, from.length)
  if (!item || (to.length > from.length && keyOf(into) === keyOf(from))) return null
  if (to.length - 1 + height(item) > DEEPEST) return null
  // What stands behind the item in its own list moves up by one once it is gone.
  const shifted = [...to]
  const level = from.length - 1
  const sameList = keyOf(to.slice(0, level)) === keyOf(above(from)) && to.length > level
  if (sameList && (to[level] ?? 0) > last(from)) shifted[level] = (to[level] ?? 0) - 1
  return { definition: insertItem(removeItem(definition, from), shifted, item), path: shifted }
}

function height(item: Item): number {
  return 1 + Math.max(0, ...(item.item ?? []).map(height))
}

export function dropItem(definition: Definition, from: Path, target: Path, place: Place): Moved | null {
  const to =
    place === 'inside'
      ? [...target, itemAt(definition, target)?.item?.length ?? 0]
      : [...above(target), last(target) + (place === 'after' ? 1 : 0)]
  return moveItem(definition, from, to)
}

export function stepItem(definition: Definition, path: Path, step: Step): Moved | null {
  const before = [...above(path), last(path) - 1]
  const after = [...above(path), last(path) + 1]
  if (step === 'up') return last(path) > 0 ? dropItem(definition, path, before, 'before') : null
  if (step === 'down') return itemAt(definition, after) ? dropItem(definition, path, after, 'after') : null
  if (step === 'in') {
    const group = last(path) > 0 && itemAt(definition, before)?.type === 'group'
    return group ? dropItem(definition, path, before, 'inside') : null
  }
  return path.length > 1 ? dropItem(definition, path, above(path), 'after') : null
}

/** The codes of items and scores: they share one space, since expressions use both. */
export function codesOf(definition: Definition): Set<string> {
  return new Set([...itemsOf(definition).map((one) => one.linkId), ...(definition.score ?? []).map((one) => one.code)])
}

export function freeCode(taken: ReadonlySet<string>, stem: string): string {
  let number = 1
  while (taken.has(`${stem}${number}`)) number += 1
  return `${stem}${number}`
}

export function newItem(definition: Definition, type: ItemType): Item {
  const linkId = freeCode(codesOf(definition), type === 'group' ? 'section_' : 'q')
  const text = type === 'group' ? '新的分组' : type === 'display' ? '说明文字' : '新的题目'
  return retype({ linkId, type: 'string', text }, type)
}

/** The item as another type: what does not go with it is left out, what it needs is there. */
export function retype(item: Item, type: ItemType): Item {
  const coded = CODED.has(type)
  const bounded = NUMERIC.has(type) === NUMERIC.has(item.type) && (type === 'date') === (item.type === 'date')
  return without({
    ...item,
    type,
    required: UNANSWERABLE.has(type) ? undefined : item.required,
    repeats: UNANSWERABLE.has(type) || type === 'boolean' ? undefined : item.repeats,
    readOnly: undefined,
    initial: undefined,
    answerOption: coded ? (item.answerOption ?? blankOptions()) : undefined,
    unit: NUMERIC.has(type) ? item.unit : undefined,
    minValue: bounded ? item.minValue : undefined,
    maxValue: bounded ? item.maxValue : undefined,
    maxLength: TEXTUAL.has(type) || type === 'open-choice' ? item.maxLength : undefined,
    item: type === 'group' ? (item.item ?? []) : undefined,
  })
}

const blankOptions = (): Option[] => [
  { code: '1', display: '选项一' },
  { code: '2', display: '选项二' },
]

/** A copy with codes of its own, conditions between its parts kept. */
export function copyOf(definition: Definition, item: Item): Item {
  const taken = codesOf(definition)
  const names = new Map<string, string>()
  for (const { item: one } of rowsOf([item])) {
    const code = freeCode(taken, `${one.linkId.replace(/_?\d+$/, '')}_`)
    taken.add(code)
    names.set(one.linkId, code)
  }
  const renewed = (one: Item): Item =>
    without({
      ...one,
      linkId: names.get(one.linkId) ?? one.linkId,
      enableWhen: one.enableWhen?.map((when) => ({ ...when, question: names.get(when.question) ?? when.question })),
      item: one.item?.map(renewed),
    })
  return renewed(item)
}
