import type { Shape } from '@/api'

export interface DayChoice {
  day: string
  /** What a person reads below the number. */
  text: string
  free: boolean
  /** Few places left: better now than later. */
  scarce: boolean
}

const FEW = 5

export function dayChoice({ day, capacity, taken }: Shape<'FreeDayView'>): DayChoice {
  const left = Math.max(capacity - taken, 0)
  const text = capacity === 0 ? '不开放' : left === 0 ? '已满' : `余 ${left}`
  return { day, text, free: left > 0, scarce: left > 0 && left <= FEW }
}

/** 0 for Monday … 6 for Sunday, as the columns stand. */
export function weekdayOf(day: string): number {
  return (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
}
