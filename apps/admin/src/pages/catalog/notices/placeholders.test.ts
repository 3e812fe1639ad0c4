import { describe, expect, it } from 'vitest'
import { isRight, partsOf, usedIn, type Placeholders } from './placeholders'

const known: Placeholders = { day: { label: '日期', sample: '2026年12月1日', personal: false } }

describe('placeholders', () => {
  it('are shown as they will be filled', () => {
    expect(partsOf('您 {day} 体检', known)).toEqual([
      { text: '您 ' },
      { text: '2026年12月1日', filled: true },
      { text: ' 体检' },
    ])
  })

  it('that nobody fills, and lone braces, are mistakes', () => {
    expect(partsOf('{name}！', known)).toEqual([{ text: '{name}', wrong: true }, { text: '！' }])
    expect([isRight('{day}', known), isRight('{day', known), isRight('{name}', known)]).toEqual([true, false, false])
  })

  it('are counted over title and body', () => {
    expect([...usedIn(known, '标题', '{day}')]).toEqual(['day'])
    expect(usedIn(known, '标题').size).toBe(0)
  })
})
