import { describe, expect, it } from 'vitest'
import { askedItems, type Context, type Item } from '@/pkg-exam/form/conditions'
import { same } from '@/pkg-exam/form/same'
import { stepsOf } from '@/pkg-exam/form/steps'
import { answerText } from '@/pkg-exam/form/words'
import { hostOf } from '@/pkg-exam/outside'

function item(linkId: string, type: Item['type'], more: Partial<Item> = {}): Item {
  return {
    linkId, type, text: linkId, required: false, repeats: false, readOnly: false,
    answerOption: [], enableWhen: [], enableBehavior: 'all', item: [], ...more,
  }
}
const when = (question: string, operator: Item['enableWhen'][number]['operator'], answer: string | number | boolean) => ({
  enableWhen: [{ question, operator, answer }],
})
const WOMAN: Context = { '%sex': '2', '%age': 40, '%today': '2026-11-26' }
const FORM: Item[] = [
  item('loose', 'boolean'),
  item('women', 'group', {
    ...when('%sex', '!=', '1'),
    item: [item('births', 'integer'), item('preterm', 'boolean', when('births', '>', 0)), item('early', 'boolean', when('preterm', '=', true))],
  }),
  item('weight', 'quantity', { unit: 'kg' }),
  item('heavy', 'text', when('weight', '>=', 100)),
  item('ill', 'choice', { repeats: true }),
  item('since', 'text', { enableWhen: [{ question: 'ill', operator: 'exists', answer: true }, { question: 'ill', operator: '!=', answer: 'none' }] }),
]

describe('which questions are asked', () => {
  const asked = (answers: Record<string, unknown>, context = WOMAN) => [...askedItems(FORM, answers, context)]
  it.each([
    ['nothing answered', {}, ['loose', 'women', 'births', 'weight', 'ill']],
    ['a group that is not for them', {}, ['loose', 'weight', 'ill'], { ...WOMAN, '%sex': '1' }],
    ['from answer to answer', { births: 2, preterm: true }, ['loose', 'women', 'births', 'preterm', 'early', 'weight', 'ill']],
    ['an answer that is no longer asked does not count', { births: 0, preterm: true }, ['loose', 'women', 'births', 'weight', 'ill']],
    ['a quantity', { weight: { value: 101, unit: 'kg' } }, ['loose', 'women', 'births', 'weight', 'heavy', 'ill']],
    ['one of several', { ill: ['gout'] }, ['loose', 'women', 'births', 'weight', 'ill', 'since']],
    ['none of them', { ill: ['none'] }, ['loose', 'women', 'births', 'weight', 'ill']],
  ] as [string, Record<string, unknown>, string[], Context?][])('%s', (_, answers, expected, context) => {
    expect(asked(answers, context)).toEqual(expected)
  })

  it('makes a step of each group, and one of what stands beside each other', () => {
    expect(stepsOf('问卷', FORM, askedItems(FORM, {}, WOMAN)).map((step) => step.rows.map((row) => row.linkId))).toEqual([
      ['loose'], ['births'], ['weight', 'ill'],
    ])
  })
})

describe('answers', () => {
  it('are the same in any order of names', () => {
    expect(same({ a: 1, b: [{ value: 1, unit: 'kg' }] }, { b: [{ unit: 'kg', value: 1 }], a: 1 })).toBe(true)
    expect(same({ a: ['1', '2'] }, { a: ['2', '1'] })).toBe(false)
    expect(same(undefined, {})).toBe(false)
  })

  it('are told in words', () => {
    const choice = item('c', 'open-choice', { answerOption: [{ code: 'x', display: '务农', exclusive: false }], repeats: true })
    expect(answerText(choice, ['x', { other: '养蜂' }])).toBe('务农、养蜂')
    expect(answerText(item('b', 'boolean'), false)).toBe('否')
    expect(answerText(item('q', 'quantity', { unit: 'kg' }), { value: 60, unit: 'kg' })).toBe('60 kg')
    expect(answerText(choice, [])).toBe('')
  })
})

it.each([
  ['https://guide.example/p?no=1', 'guide.example'],
  ['http://hospital.example@evil.example/', 'evil.example'],
  ['https://evil.example\\@hospital.example/', 'evil.example'],
  ['javascript:alert(1)', ''],
  ['//evil.example', ''],
])('says where %s leads', (address, host) => {
  expect(hostOf(address)).toBe(host)
})
