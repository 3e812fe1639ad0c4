import { describe, expect, it } from 'vitest'
import { span, trendSvg } from '@/components/trend'
import { dayOf, daysBetween, dayText, instantText } from '@/format'
import { stepsOf } from '@/next-action'

const POINTS = [
  { day: '2024-01-01', value: 5, text: '5.0' },
  { day: '2025-01-01', value: 9, text: '9.0 <b>', abnormal: true },
  { day: '2026-01-01', value: 6, text: '6.0' },
]

describe('a trend', () => {
  it('draws normal points as circles, abnormal ones as triangles, and the range as a band', () => {
    const svg = trendSvg(POINTS, { low: 3.9, high: 6.1 })
    expect(svg.match(/<circle/g)).toHaveLength(2)
    expect(svg.match(/l6 10h-12z/g)).toHaveLength(1)
    expect(svg.match(/<rect/g)).toHaveLength(1)
    expect(svg).not.toContain('<b>')
    expect(svg).not.toContain('NaN')
  })

  it('copes with one point, equal points and no range', () => {
    for (const points of [POINTS.slice(0, 1), [POINTS[0]!, { ...POINTS[0]!, day: '2025-06-01' }]]) {
      const svg = trendSvg(points, {})
      expect(svg).not.toMatch(/NaN|Infinity/)
      expect(svg).not.toContain('<rect')
    }
    expect(span([{ day: '2024-01-01', value: 0, text: '0' }], {})).toEqual([-0.15, 0.15])
  })

  it('puts time to scale and higher values higher', () => {
    const places = /points="([^"]+)"/.exec(trendSvg(POINTS, {}))![1]!.split(' ').map((pair) => pair.split(',').map(Number))
    expect(places[1]![0]! - places[0]![0]!).toBeCloseTo(places[2]![0]! - places[1]![0]!, 0)
    expect(places[1]![1]!).toBeLessThan(places[0]![1]!)
  })
})

describe('days', () => {
  it('are those of China', () => {
    expect(dayOf('2026-11-25T17:00:00Z')).toBe('2026-11-26')
    expect(daysBetween('2026-12-31', '2027-01-02')).toBe(2)
    expect(dayText('2020-02-29')).toBe('2020年2月29日 周六')
    expect(instantText('2020-12-31T16:30:00Z')).toBe('2021年1月1日')
    expect(instantText(new Date().toISOString())).toMatch(/^今天 \d\d:\d\d$/)
  })
})

describe('the steps of the loop', () => {
  const nothing = { today: '2026-11-26', bound: false, checklistConfirmed: false, guide: false, results: false, findings: [] }
  const done = (known: Parameters<typeof stepsOf>[0]) => stepsOf(known).map((step) => step.done)

  it('grow', () => {
    expect(done(nothing)).toEqual([false, false, false, false, false])
    const booking = { id: 'b', state: 'booked', appointment_date: '2026-11-28' }
    expect(done({ ...nothing, bound: true, booking })).toEqual([true, false, true, false, false])
    expect(done({ ...nothing, bound: true, booking, results: true, reportedAt: '2026-11-29T01:00:00Z' })).toEqual([true, false, true, true, true])
  })
})
