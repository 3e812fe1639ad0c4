import { describe, expect, it } from 'vitest'
import { askedOf, conditionText, formOf, type Rule } from './rule'

const rule = {
  id: '1', name: '老粉', tag_id: 100, takes_away: false, enabled: true, version: 1, changed_at: '', given: 0,
  conditions: { sources: ['ADD_SCENE_SEARCH', 'ADD_SCENE_PAID'], scenes: [], followed_for: 30, bound: false },
} as unknown as Rule

describe('a tag rule', () => {
  it('asks in its form what it asked before', () => {
    expect(askedOf(formOf(rule))).toEqual({ sources: ['ADD_SCENE_SEARCH', 'ADD_SCENE_PAID'], scenes: [], followed_for: 30, bound: false })
    expect(askedOf(formOf())).toEqual({ sources: [], scenes: [] })
  })

  it('is told in one line', () => {
    expect(conditionText(rule.conditions)).toBe('搜索公众号或支付后关注，且关注满 30 天，且没有绑定客户')
    expect(conditionText(askedOf(formOf()))).toBe('')
  })
})
