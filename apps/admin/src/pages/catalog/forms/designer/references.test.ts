import { describe, expect, it } from 'vitest'
import type { Definition } from './definition'
import { namesIn, renameCode, renameOption, usersOf } from './references'

const form: Definition = {
  code: 'f',
  title: 'F',
  kind: 'scale',
  item: [
    { linkId: 'smokes', type: 'choice', text: '吸烟', answerOption: [{ code: 'never', display: '从不' }, { code: 'now', display: '现在' }] },
    {
      linkId: 'years',
      type: 'integer',
      text: '几年',
      enableWhen: [{ question: 'smokes', operator: '!=', answer: 'never' }],
    },
  ],
  score: [{ code: 'pack', title: '包年', expression: "0 if chosen(smokes, 'never') else default(years, 0) * 2" }],
  flag: [{ code: 'much', display: '多', level: 'warning', when: 'pack >= 20 and not chosen(smokes, "smokes")' }],
}

describe('references', () => {
  it('are the names in an expression, not what stands in quotes', () => {
    expect([...namesIn(form.score![0]!.expression)]).toEqual(['smokes', 'years'])
  })

  it('are told before something is deleted', () => {
    expect(usersOf(form, 'smokes')).toEqual(['「几年」的显示条件', '得分「包年」', '提醒「多」'])
    expect(usersOf(form, 'pack')).toEqual(['提醒「多」'])
    expect(usersOf(form, 'much')).toEqual([])
  })

  it('follow a new code', () => {
    const next = renameCode(form, 'smokes', 'tobacco')
    expect(next.item[0]?.linkId).toBe('tobacco')
    expect(next.item[1]?.enableWhen?.[0]?.question).toBe('tobacco')
    expect(next.score?.[0]?.expression).toBe("0 if chosen(tobacco, 'never') else default(years, 0) * 2")
    expect(next.flag?.[0]?.when).toBe('pack >= 20 and not chosen(tobacco, "smokes")')
    expect(renameCode(form, 'pack', 'packs').flag?.[0]?.when).toContain('packs >= 20')
  })

  it('follow a new code of an option', () => {
    const next = renameOption(form, 'smokes', 'never', 'no')
    expect(next.item[0]?.answerOption?.[0]?.code).toBe('no')
    expect(next.item[1]?.enableWhen?.[0]?.answer).toBe('no')
    expect(next.score?.[0]?.expression).toContain("chosen(smokes, 'no')")
  })
})
