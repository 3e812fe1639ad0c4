import { describe, expect, it } from 'vitest'
import { barsOf, lightOf, ms } from './health'

describe('lightOf', () => {
  it.each([
    [false, [{ calls: 9, failed: 9 }], 'off'],
    [true, [], 'silent'],
    [true, [{ calls: 10, failed: 0 }], 'good'],
    [true, [{ calls: 10, failed: 1 }], 'some'],
    [true, [{ calls: 1000, failed: 0 }, { calls: 5, failed: 1 }], 'bad'],
  ] as const)('%s %j is %s', (active, lines, light) => {
    expect(lightOf(active, [...lines])).toBe(light)
  })
})

describe('barsOf', () => {
  const now = Date.parse('2026-11-26T10:30:00Z')
  const hour = (at: string, more = {}) => ({
    hour: at,
    interface: 'H3',
    direction: 'in',
    calls: 4,
    failed: 1,
    p95_ms: 30,
    ...more,
  })

  it('has every hour up to the present one', () => {
    const bars = barsOf([hour('2026-11-26T10:00:00Z'), hour('2026-11-25T11:00:00+00:00')], { interface: 'H3', direction: 'in' }, now)
    expect(bars).toHaveLength(24)
    expect([bars[0]!.calls, bars[1]!.calls, bars[23]!.calls, bars[23]!.failed]).toEqual([4, 0, 4, 1])
  })

  it('leaves out other interfaces and directions', () => {
    const others = [hour('2026-11-26T10:00:00Z', { interface: 'H2' }), hour('2026-11-26T10:00:00Z', { direction: 'out' })]
    expect(barsOf(others, { interface: 'H3', direction: 'in' }, now).every((bar) => bar.calls === 0)).toBe(true)
  })
})

describe('ms', () => {
  it.each([
    [null, '—'],
    [0.4, '0 ms'],
    [950.6, '951 ms'],
    [12_345, '12 s'],
  ])('%s is %s', (value, text) => expect(ms(value)).toBe(text))
})
