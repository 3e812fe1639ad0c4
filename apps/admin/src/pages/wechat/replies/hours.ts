import type { Shape } from '@/api/types'

export type Hours = Shape<'DeskHoursGiven'>

export const DAYS = ['周一', '周二', '周三', '周四', '周五', '周六', '周日']

/** 510 → 08:30; 1440 is the end of the day. */
export const clockOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

export function minutesOf(clock: string): number {
  const [hours, minutes] = clock.split(':').map(Number)
  return (hours ?? 0) * 60 + (minutes ?? 0)
}

/** «周一至周五 08:00—17:00», as short as it can be said. */
export function toldHours({ opens, closes, days }: Hours): string {
  if (!days.length || opens === closes) return '没有客服时间'
  const sorted = [...days].sort()
  const [first, last] = [sorted[0]!, sorted.at(-1)!]
  const goesOn = sorted.length > 2 && last - first === sorted.length - 1
  const on = sorted.length === 7 ? '每天' : goesOn ? `${DAYS[first - 1]}至${DAYS[last - 1]}` : sorted.map((one) => DAYS[one - 1]).join('、')
  if (opens === 0 && closes === 1440) return `${on}全天`
  return `${on} ${clockOf(opens)} 至${opens > closes ? '次日' : ''} ${clockOf(closes)}`
}
