import { describe, expect, it } from 'vitest'
import { age, ago, date, dateTime, today } from './dates'

describe('dates', () => {
  it('are read in Chinese time', () => {
    expect(dateTime('2026-11-25T17:05:00Z')).toBe('2026-11-26 01:05')
    expect(date('2026-11-25T16:00:00Z')).toBe('2026-11-26')
    expect(date('2026-11-25')).toBe('2026-11-25')
    expect(today(new Date('2026-12-31T16:00:00Z'))).toBe('2027-01-01')
    expect(dateTime(null)).toBe('—')
  })

  it('say how long ago', () => {
    const now = new Date('2026-11-26T12:00:00Z')
    expect(ago('2026-11-26T11:59:30Z', now)).toBe('刚刚')
    expect(ago('2026-11-26T11:01:00Z', now)).toBe('59 分钟前')
    expect(ago('2026-11-25T12:01:00Z', now)).toBe('23 小时前')
    expect(ago('2026-11-24T12:00:00Z', now)).toBe('2 天前')
    expect(ago('2026-10-01T12:00:00Z', now)).toBe('2026-10-01')
  })

  it('count completed years', () => {
    expect(age('1980-11-27', '2026-11-26')).toBe(45)
    expect(age('1980-11-26', '2026-11-26')).toBe(46)
    expect(age('2000-02-29', '2026-02-28')).toBe(25)
  })
})
