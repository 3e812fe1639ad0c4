import { describe, expect, it } from 'vitest'
import { hasGap, merged, opensPart, waited } from './order'

const at = (seq: number, text = '') => ({ seq, text })

describe('merged', () => {
  it('keeps the order and the newer reading of each number', () => {
    expect(merged([at(3), at(4, 'old')], [at(4, 'withdrawn'), at(5)])).toEqual([at(3), at(4, 'withdrawn'), at(5)])
    expect(merged([at(7)], [at(5), at(6)]).map((one) => one.seq)).toEqual([5, 6, 7])
  })
})

describe('hasGap', () => {
  it('sees what is missing between two pieces', () => {
    expect(hasGap([at(1), at(2)], [at(4)])).toBe(true)
    expect(hasGap([at(1), at(2)], [at(3)])).toBe(false)
    expect(hasGap([at(1), at(2)], [at(2), at(3)])).toBe(false)
    expect(hasGap([], [at(9)])).toBe(false)
  })
})

describe('opensPart', () => {
  const said = (time: string) => ({ created_at: `2026-11-26T${time}Z` })

  it('is so for the first one and after a pause', () => {
    expect(opensPart(said('08:00:00'), undefined)).toBe(true)
    expect(opensPart(said('08:04:00'), said('08:00:00'))).toBe(false)
    expect(opensPart(said('08:06:00'), said('08:00:00'))).toBe(true)
  })
})

describe('waited', () => {
  it('grows coarser with time', () => {
    const since = '2026-11-26T08:00:00Z'
    const after = (seconds: number) => waited(since, Date.parse(since) + seconds * 1000)
    expect([after(-2), after(40), after(320), after(7500), after(7200)]).toEqual(['0 秒', '40 秒', '5 分钟', '2 小时 5 分', '2 小时'])
  })
})
