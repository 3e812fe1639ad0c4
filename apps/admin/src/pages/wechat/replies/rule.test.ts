import { describe, expect, it } from 'vitest'
import { formOf, sentOf } from './rule'

describe('a rule as it is sent', () => {
  it('holds only what belongs to its trigger', () => {
    const form = { ...formOf(), name: '问候', scene: 'desk', kinds: ['image' as const], visit: 'first' as const }
    form.keywords = [{ text: '体检', match: 'part', examples: ['丢'] }, { text: ' ', match: 'whole', examples: [] }]
    expect(sentOf(form)).toMatchObject({ keywords: [{ text: '体检', match: 'part', examples: [] }], scene: '', kinds: [], visit: 'any' })
    expect(sentOf({ ...form, trigger: 'scan' })).toMatchObject({ keywords: [], scene: 'desk', visit: 'first' })
    expect(sentOf({ ...form, trigger: 'kind' })).toMatchObject({ kinds: ['image'], visit: 'any' })
  })

  it('has no empty answers or examples', () => {
    const form = { ...formOf(), answers: ['一', ' ', '二'] }
    form.keywords = [{ text: '^体检', match: 'pattern', examples: ['体检', ''] }]
    expect(sentOf(form).answers).toEqual(['一', '二'])
    expect(sentOf(form).keywords?.[0]?.examples).toEqual(['体检'])
  })
})
