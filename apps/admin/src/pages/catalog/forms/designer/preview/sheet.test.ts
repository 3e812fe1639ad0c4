import { describe, expect, it } from 'vitest'
import type { Item } from '../definition'
import { answered, initialAnswers, toggled, typedOf, valueOf, withOther } from './sheet'

const allergy: Item = {
  linkId: 'allergy',
  type: 'open-choice',
  text: '过敏',
  repeats: true,
  answerOption: [
    { code: 'drug', display: '药物' },
    { code: 'food', display: '食物' },
    { code: 'none', display: '没有', exclusive: true },
  ],
}
const number = (type: Item['type'], unit?: string): Item => ({ linkId: 'n', type, text: 'n', unit })

describe('a sheet that is tried out', () => {
  it('forgets what was cleared', () => {
    expect(answered({ a: 1 }, 'b', false)).toEqual({ a: 1, b: false })
    for (const blank of [undefined, '', []]) expect(answered({ a: 1 }, 'a', blank)).toEqual({})
  })

  it('lets an exclusive choice stand alone', () => {
    expect(toggled(allergy, ['drug'], 'food')).toEqual(['drug', 'food'])
    expect(toggled(allergy, ['drug', { other: '花粉' }], 'none')).toEqual(['none'])
    expect(toggled(allergy, ['none'], 'drug')).toEqual(['drug'])
    expect(toggled(allergy, ['drug'], 'drug')).toEqual([])
  })

  it('keeps one text of one’s own beside the choices', () => {
    expect(withOther(allergy, ['drug', { other: '花' }], '花粉')).toEqual(['drug', { other: '花粉' }])
    expect(withOther(allergy, ['drug', { other: '花' }], undefined)).toEqual(['drug'])
    expect(withOther({ ...allergy, repeats: false }, 'drug', '花粉')).toEqual({ other: '花粉' })
  })

  it('gives the engine numbers, and what is none as it was typed', () => {
    expect(valueOf(number('decimal'), '1.5')).toBe(1.5)
    expect(valueOf(number('integer'), 'abc')).toBe('abc')
    expect(valueOf(number('quantity', 'cm'), '170')).toEqual({ value: 170, unit: 'cm' })
    expect(valueOf(number('decimal'), '')).toBeUndefined()
    expect(typedOf({ value: 170, unit: 'cm' })).toBe('170')
  })

  it('begins with the initial answers, however deep', () => {
    const group: Item = { linkId: 'g', type: 'group', text: 'g', item: [{ ...number('integer'), initial: 3 }] }
    expect(initialAnswers([group])).toEqual({ n: 3 })
  })
})
