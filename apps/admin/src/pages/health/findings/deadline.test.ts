import { describe, expect, it } from 'vitest'
import { deadlineOf, lasting } from './deadline'

const finding = {
  state: 'open',
  found_at: '2026-11-26T03:00:00Z',
  due_at: '2026-11-26T05:00:00Z',
  notified_at: null,
  closed_at: null,
}
const at = (time: string) => Date.parse(`2026-11-26T${time}Z`)

describe('the deadline for telling somebody', () => {
  it('runs, presses and passes', () => {
    expect(deadlineOf(finding, at('03:02:00'))).toEqual({ text: '剩 1 小时 58 分', tone: 'warn' })
    expect(deadlineOf(finding, at('04:56:48'))).toEqual({ text: '剩 3 分 12 秒', tone: 'bad' })
    expect(deadlineOf(finding, at('05:03:12'))).toEqual({ text: '已超时 3 分 12 秒', tone: 'bad' })
  })

  it('is kept or missed once the person was told', () => {
    const told = { ...finding, state: 'notified' }
    expect(deadlineOf({ ...told, notified_at: '2026-11-26T04:00:00Z' }, 0).text).toBe('按时通知')
    expect(deadlineOf({ ...told, notified_at: '2026-11-26T06:30:00Z' }, 0).text).toBe('超时 1 小时 30 分 通知')
  })

  it('says days where there are days', () => {
    expect(lasting(29 * 86_400_000 + 4 * 3_600_000)).toBe('29 天 4 小时')
  })
})
