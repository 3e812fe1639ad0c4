import { describe, expect, it } from 'vitest'
import { clockOf, minutesOf, toldHours } from './hours'

describe('the hours of the desk', () => {
  it('are said in short', () => {
    expect(toldHours({ opens: 480, closes: 1020, days: [1, 2, 3, 4, 5] })).toBe('周一至周五 08:00 至 17:00')
    expect(toldHours({ opens: 1320, closes: 360, days: [5, 7] })).toBe('周五、周日 22:00 至次日 06:00')
    expect(toldHours({ opens: 0, closes: 1440, days: [1, 2, 3, 4, 5, 6, 7] })).toBe('每天全天')
    expect(toldHours({ opens: 480, closes: 1020, days: [] })).toBe('没有客服时间')
  })

  it('go to the minute and back', () => {
    for (const minutes of [0, 510, 1439, 1440]) expect(minutesOf(clockOf(minutes))).toBe(minutes)
  })
})
