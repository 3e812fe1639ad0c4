import { describe, expect, it } from 'vitest'
import {
  changeItem,
  copyOf,
  dropItem,
  freeCode,
  insertItem,
  itemAt,
  moveItem,
  newItem,
  placeForNew,
  placeOf,
  removeItem,
  retype,
  rowsOf,
  stepItem,
  type Definition,
  type Item,
} from './definition'

const q = (linkId: string, more: Partial<Item> = {}): Item => ({ linkId, type: 'string', text: linkId, ...more })
const group = (linkId: string, ...item: Item[]): Item => q(linkId, { type: 'group', item })
const form = (...item: Item[]): Definition => ({ code: 'f', title: 'F', kind: 'questionnaire', item })
/** «a(b c) d» */
const shape = (items: readonly Item[] | undefined): string =>
  (items ?? []).map((one) => (one.type === 'group' ? `${one.linkId}(${shape(one.item)})` : one.linkId)).join(' ')

const sample = form(group('a', q('b'), q('c')), q('d'), group('e', q('f')))

describe('definition', () => {
  it('is read as rows', () => {
    expect(rowsOf(sample.item).map((row) => `${row.key}:${row.item.linkId}`)).toEqual([
      '0:a',
      '0.0:b',
      '0.1:c',
      '1:d',
      '2:e',
      '2.0:f',
    ])
    expect(placeOf(sample, 'f')).toEqual([2, 0])
    expect(placeOf(sample, 'x')).toBeNull()
  })

  it('is changed without touching what was there', () => {
    const next = changeItem(sample, [0, 1], { text: '新', required: true })
    expect(itemAt(next, [0, 1])).toEqual({ linkId: 'c', type: 'string', text: '新', required: true })
    expect(itemAt(sample, [0, 1])?.text).toBe('c')
    expect(next.item[1]).toBe(sample.item[1])
    expect(itemAt(changeItem(next, [0, 1], { required: undefined }), [0, 1])).not.toHaveProperty('required')
  })

  it('takes in and lets go', () => {
    expect(shape(insertItem(sample, [0, 1], q('n')).item)).toBe('a(b n c) d e(f)')
    expect(shape(removeItem(sample, [0]).item)).toBe('d e(f)')
  })

  it('puts a new item behind the selected one, or at the end of a group', () => {
    expect(placeForNew(sample, [1])).toEqual([2])
    expect(placeForNew(sample, [0])).toEqual([0, 2])
    expect(placeForNew(sample, [0, 0])).toEqual([0, 1])
    expect(placeForNew(sample, null)).toEqual([3])
  })

  it.each([
    [[0], [1], 'after', 'd a(b c) e(f)', [1]],
    [[2], [0], 'before', 'e(f) a(b c) d', [0]],
    [[1], [0], 'inside', 'a(b c d) e(f)', [0, 2]],
    [[0], [2], 'inside', 'd e(f a(b c))', [1, 1]],
    [[0, 0], [1], 'after', 'a(c) d b e(f)', [2]],
    [[0, 1], [0, 0], 'before', 'a(c b) d e(f)', [0, 0]],
    [[2, 0], [0, 0], 'after', 'a(b f c) d e()', [0, 1]],
    [[1], [2, 0], 'before', 'a(b c) e(d f)', [1, 0]],
  ] as const)('moves %j to %j %s', (from, target, place, expected, at) => {
    const result = dropItem(sample, from, target, place)
    expect(shape(result?.definition.item)).toBe(expected)
    expect(result?.path).toEqual(at)
    expect(itemAt(result!.definition, result!.path)?.linkId).toBe(itemAt(sample, from)?.linkId)
  })

  it('does not move a group into itself, nor deeper than the engine takes', () => {
    expect(dropItem(sample, [0], [0, 0], 'before')).toBeNull()
    expect(dropItem(sample, [0], [0], 'inside')).toBeNull()
    const deep = form(['1', '2', '3', '4', '5', '6', '7', '8'].reduceRight((inner, name) => group(name, inner), q('x')), group('y', q('z')))
    expect(moveItem(deep, [1], [0, 0, 0, 0, 0, 0, 0, 0])).toBeNull()
  })

  it('steps by keyboard', () => {
    const step = (path: number[], way: 'up' | 'down' | 'in' | 'out') => shape(stepItem(sample, path, way)?.definition.item)
    expect(step([1], 'up')).toBe('d a(b c) e(f)')
    expect(step([1], 'down')).toBe('a(b c) e(f) d')
    expect(step([1], 'in')).toBe('a(b c d) e(f)')
    expect(step([0, 0], 'out')).toBe('a(c) b d e(f)')
    expect([stepItem(sample, [0], 'up'), stepItem(sample, [2], 'down'), stepItem(sample, [2], 'in')]).toEqual([null, null, null])
  })

  it('names new items freely', () => {
    expect(freeCode(new Set(['q1', 'q2']), 'q')).toBe('q3')
    expect(newItem(sample, 'choice')).toMatchObject({ linkId: 'q1', answerOption: [{ code: '1' }, { code: '2' }] })
    expect(newItem(sample, 'group')).toEqual({ linkId: 'section_1', type: 'group', text: '新的分组', item: [] })
  })

  it('keeps on a change of type only what goes with it', () => {
    const weight = q('w', { type: 'decimal', unit: 'kg', minValue: 1, required: true, enableWhen: [] })
    expect(retype(weight, 'quantity')).toMatchObject({ unit: 'kg', minValue: 1, required: true })
    expect(retype(weight, 'text')).toEqual({ linkId: 'w', type: 'text', text: 'w', required: true, enableWhen: [] })
    expect(retype(weight, 'display')).not.toHaveProperty('required')
  })

  it('copies a group with codes of its own', () => {
    const asked = form(group('s_1', q('x'), q('y', { enableWhen: [{ question: 'x', operator: 'exists', answer: true }] })))
    const copy = copyOf(asked, asked.item[0]!)
    expect(shape([copy])).toBe('s_2(x_1 y_1)')
    expect(copy.item?.[1]?.enableWhen?.[0]?.question).toBe('x_1')
  })
})
