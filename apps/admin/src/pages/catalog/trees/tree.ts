// The structured sub-elements of an item: a flat list, each element after the one it lies in, its path telling where.
import type { Shape } from '@/api/types'
import type { OutlineRow, Place, Step } from '../outline/outline'

export type Element = Shape<'TreeNode'>
export type Elements = readonly Element[]
export interface ElementRow extends OutlineRow {
  element: Element
}
/** The elements after a change, and the path of the one that was changed. */
export interface Changed {
  elements: Elements
  path: string
}

export const DEEPEST = 5

export const parentOf = (path: string): string => path.split('.').slice(0, -1).join('.')
export const lastOf = (path: string): string => path.split('.').at(-1) ?? ''
const join = (parent: string, last: string): string => (parent ? `${parent}.${last}` : last)
const depthOf = (path: string): number => path.split('.').length
const lies = (path: string, inside: string): boolean => path === inside || path.startsWith(`${inside}.`)

const BLANK: Element = {
  path: '',
  name: '',
  value_type: 'text',
  unit: '',
  options: [],
  value_domain: '',
  de_identifier: '',
  origin: 'ours',
}

/** As stored, whatever version of the program wrote it. */
export function elementsOf(nodes: readonly { [key: string]: unknown }[]): Elements {
  return nodes.map((node): Element => ({ ...BLANK, ...node }))
}

export function rowsOf(elements: Elements): ElementRow[] {
  const known = new Set(elements.map((one) => one.path))
  return elements.map((element) => {
    const parent = parentOf(element.path)
    const depth = depthOf(element.path) - 1
    return { key: element.path, parent: known.has(parent) ? parent : null, depth, branch: depth + 1 < DEEPEST, element }
  })
}

export function changed(elements: Elements, path: string, change: Partial<Element>): Elements {
  return elements.map((one) => (one.path === path ? { ...one, ...change } : one))
}

/** A new element at the end of `parent`, '' for the top. Null where it would lie too deep. */
export function added(elements: Elements, parent: string): Changed | null {
  if (parent && depthOf(parent) >= DEEPEST) return null
  const path = free(elements, join(parent, 'element'))
  const element: Element = { ...BLANK, path, name: '新要素' }
  return { elements: insert(elements, [element], parent, null), path }
}

export function removed(elements: Elements, path: string): Elements {
  return elements.filter((one) => !lies(one.path, path))
}

export function inside(elements: Elements, path: string): number {
  return elements.filter((one) => one.path !== path && lies(one.path, path)).length
}

/** Gives the element another last step of its path; what lies in it follows. Null when that path is taken. */
export function renamed(elements: Elements, path: string, last: string): Changed | null {
  const wanted = join(parentOf(path), last)
  if (wanted !== path && elements.some((one) => one.path === wanted)) return null
  return { elements: elements.map((one) => at(one, path, wanted)), path: wanted }
}

/** Puts an element with all that lies in it before, after or into another. Null where it cannot go. */
export function moved(elements: Elements, path: string, target: string, place: Place): Changed | null {
  if (lies(target, path)) return null
  const parent = place === 'inside' ? target : parentOf(target)
  const part = elements.filter((one) => lies(one.path, path))
  const height = Math.max(...part.map((one) => depthOf(one.path))) - depthOf(path) + 1
  if (height + (parent ? depthOf(parent) : 0) > DEEPEST) return null
  const rest = removed(elements, path)
  const wanted = parent === parentOf(path) ? path : free(rest, join(parent, lastOf(path)))
  const renewed = part.map((one) => at(one, path, wanted))
  if (place === 'inside') return { elements: insert(rest, renewed, parent, null), path: wanted }
  const siblings = childrenOf(rest, parent)
  const index = siblings.indexOf(target) + (place === 'after' ? 1 : 0)
  return { elements: insert(rest, renewed, parent, siblings[index] ?? null), path: wanted }
}

export function stepped(elements: Elements, path: string, step: Step): Changed | null {
  const parent = parentOf(path)
  const siblings = childrenOf(elements, parent)
  const index = siblings.indexOf(path)
  const before = siblings[index - 1]
  const after = siblings[index + 1]
  if (step === 'up') return before ? moved(elements, path, before, 'before') : null
  if (step === 'down') return after ? moved(elements, path, after, 'after') : null
  if (step === 'in') return before ? moved(elements, path, before, 'inside') : null
  return parent ? moved(elements, path, parent, 'after') : null
}

export type Difference = 'added' | 'removed' | 'changed'

/** What became of each path from one version to the next; what stayed the same is not named. */
export function differences(before: Elements, after: Elements): Map<string, Difference> {
  const old = new Map(before.map((one) => [one.path, one]))
  const found = new Map<string, Difference>()
  for (const one of after) {
    const was = old.get(one.path)
    if (!was) found.set(one.path, 'added')
    else if (changes(was, one).length) found.set(one.path, 'changed')
    old.delete(one.path)
  }
  for (const path of old.keys()) found.set(path, 'removed')
  return found
}

const FIELDS: [keyof Element, string][] = [
  ['name', '名称'],
  ['value_type', '取值方式'],
  ['unit', '单位'],
  ['options', '取值'],
  ['value_domain', '值域'],
  ['de_identifier', '数据元'],
  ['origin', '出处'],
]

/** The fields in which two elements differ, in Chinese. */
export function changes(before: Element, after: Element): string[] {
  const same = (field: keyof Element) => JSON.stringify(before[field]) === JSON.stringify(after[field])
  return FIELDS.filter(([field]) => !same(field)).map(([, title]) => title)
}

function childrenOf(elements: Elements, parent: string): string[] {
  return elements.map((one) => one.path).filter((path) => parentOf(path) === parent)
}

/** Among the children of `parent`, before the child `next`; without one, at the end. */
function insert(elements: Elements, part: Elements, parent: string, next: string | null): Elements {
  const behind = elements.map((one) => !parent || lies(one.path, parent)).lastIndexOf(true) + 1
  const index = next === null ? behind : elements.findIndex((one) => one.path === next)
  return [...elements.slice(0, index), ...part, ...elements.slice(index)]
}

function at(one: Element, from: string, to: string): Element {
  return lies(one.path, from) ? { ...one, path: to + one.path.slice(from.length) } : one
}

function free(elements: Elements, wanted: string): string {
  const taken = new Set(elements.map((one) => one.path))
  let path = wanted
  for (let number = 2; taken.has(path); number += 1) path = `${wanted}_${number}`
  return path
}
