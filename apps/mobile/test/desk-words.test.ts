import { describe, expect, it } from 'vitest'
import { waited, windowOf } from '@/pkg-desk/words'

const NOW = Date.parse('2026-11-26T08:00:00Z')
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString()

describe('the meter of a channel that counts', () => {
  it.each([
    [5, 47 * 60 + 30, 'info', '还可回复 5 条，47 小时内'],
    [1, 600, 'warning', '还可回复 1 条，10 小时内'],
    [3, 0.4, 'warning', '还可回复 3 条，1 分钟内'],
    [0, 600, 'warning', '已关闭'],
    [4, -1, 'warning', '已关闭'],
  ])('%i left for %d minutes', (left, minutes, tone, text) => {
    const told = windowOf({ left, until: at(minutes) }, NOW)
    expect(told.tone).toBe(tone)
    expect(told.text).toContain(text)
  })

  it('is closed until the customer writes again', () => {
    expect(windowOf({ left: 0, until: null }, NOW).text).toContain('已关闭')
  })
})

it.each([
  [40 / 60, '40 秒'],
  [5, '5 分钟'],
  [125, '2 小时 5 分'],
  [120, '2 小时'],
])('%d minutes of waiting', (minutes, text) => {
  expect(waited(at(-minutes), NOW)).toBe(text)
})
