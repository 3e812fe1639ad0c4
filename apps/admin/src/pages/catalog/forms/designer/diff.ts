// What publishing would change for the people who fill the form, in words.
import { rowsOf, type Definition, type Item } from './definition'

export interface Change {
  kind: 'added' | 'removed' | 'changed' | 'moved'
  what: string
  /** In what it differs. */
  how?: string
}

const FIELDS: [keyof Item, string][] = [
  ['text', '文字'],
  ['type', '题型'],
  ['help', '说明'],
  ['required', '必答'],
  ['repeats', '可多选'],
  ['readOnly', '只读'],
  ['initial', '初始值'],
  ['answerOption', '选项或分值'],
  ['enableWhen', '显示条件'],
  ['enableBehavior', '显示条件的关系'],
  ['minValue', '最小值'],
  ['maxValue', '最大值'],
  ['maxLength', '字数'],
  ['unit', '单位'],
  ['provenance', '来源'],
]
// A default that was written out is no change.
const plain = (value: unknown) => {
  const empty = value === undefined || value === null || value === false || value === 'all'
  return JSON.stringify(empty || (Array.isArray(value) && !value.length) ? null : sorted(value))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== null && one !== false)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, one]) => [key, sorted(one)]),
  )
}

export function changesOf(before: Definition, after: Definition): Change[] {
  return [...ofForm(before, after), ...ofItems(before, after), ...ofCodes('得分', before.score, after.score, 'title'), ...ofCodes('提醒', before.flag, after.flag, 'display')]
}

function ofForm(before: Definition, after: Definition): Change[] {
  const fields: [keyof Definition, string][] = [
    ['title', '标题'],
    ['description', '说明'],
    ['selfService', '由谁填写'],
    ['provenance', '来源'],
  ]
  const differing = fields.filter(([field]) => plain(before[field]) !== plain(after[field]))
  return differing.length ? [{ kind: 'changed', what: '表单信息', how: differing.map(([, title]) => title).join('、') }] : []
}

function ofItems(before: Definition, after: Definition): Change[] {
  const old = placed(before)
  const now = placed(after)
  const found: Change[] = []
  for (const [code, { item, parent }] of now) {
    const was = old.get(code)
    if (!was) found.push({ kind: 'added', what: named(item) })
    else {
      const how = FIELDS.filter(([field]) => plain(was.item[field]) !== plain(item[field])).map(([, title]) => title)
      if (how.length) found.push({ kind: 'changed', what: named(item), how: how.join('、') })
      if (was.parent !== parent) found.push({ kind: 'moved', what: named(item), how: '换了分组' })
    }
  }
  for (const [code, { item }] of old) if (!now.has(code)) found.push({ kind: 'removed', what: named(item) })
  const stayed = (from: Map<string, unknown>, other: Map<string, unknown>) => [...from.keys()].filter((one) => other.has(one))
  if (!found.some((one) => one.kind === 'moved') && stayed(old, now).join() !== stayed(now, old).join()) {
    found.push({ kind: 'moved', what: '题目次序' })
  }
  return found
}

const named = (item: Item) => (item.type === 'group' ? `分组「${item.text}」` : `「${item.text}」`)

function placed(definition: Definition): Map<string, { item: Item; parent: string }> {
  const rows = rowsOf(definition.item)
  const codes = new Map(rows.map((row) => [row.key, row.item.linkId]))
  return new Map(rows.map((row) => [row.item.linkId, { item: row.item, parent: codes.get(row.parent ?? '') ?? '' }]))
}

function ofCodes<T extends { code: string }>(what: string, before: T[] = [], after: T[] = [], title: keyof T): Change[] {
  const old = new Map(before.map((one) => [one.code, one]))
  const found: Change[] = after.flatMap((one): Change[] => {
    const was = old.get(one.code)
    if (!was) return [{ kind: 'added', what: `${what}「${String(one[title])}」` }]
    return plain(was) === plain(one) ? [] : [{ kind: 'changed', what: `${what}「${String(one[title])}」` }]
  })
  const kept = new Set(after.map((one) => one.code))
  const gone = before.filter((one) => !kept.has(one.code))
  return [...found, ...gone.map((one): Change => ({ kind: 'removed', what: `${what}「${String(one[title])}」` }))]
}

/** «新增 2 项、改动 1 项» */
export function summary(changes: Change[]): string {
  const words = { added: '新增', removed: '删除', changed: '改动', moved: '移动' }
  const parts = Object.entries(words).flatMap(([kind, word]) => {
    const count = changes.filter((one) => one.kind === kind).length
    return count ? [`${word} ${count} 项`] : []
  })
  return parts.join('、') || '内容没有变化'
}
