import type { Shape } from '@/api/types'

export type Health = Shape<'VendorHealthView'>
export type Hour = Shape<'VendorHourView'>

/** How a vendor's last 24 hours look at a glance: a key of `vendorLights`. */
export type Light = 'off' | 'silent' | 'good' | 'some' | 'bad'

const MANY = 0.2

export function lightOf(active: boolean, lines: Pick<Health, 'calls' | 'failed'>[]): Light {
  if (!active) return 'off'
  const calls = lines.reduce((sum, line) => sum + line.calls, 0)
  if (calls === 0) return 'silent'
  const worst = Math.max(...lines.map((line) => line.failed / line.calls))
  if (worst === 0) return 'good'
  return worst >= MANY ? 'bad' : 'some'
}

export interface Bar {
  /** Beginning of the hour. */
  at: string
  calls: number
  failed: number
  p95: number | null
}

const HOUR_MS = 3_600_000
const HOURS = 24

/** The last 24 hours of one interface, also those without calls, oldest first. */
export function barsOf(hours: Hour[], line: Pick<Health, 'interface' | 'direction'>, now = Date.now()): Bar[] {
  const mine = hours.filter((one) => one.interface === line.interface && one.direction === line.direction)
  const known = new Map(mine.map((one) => [Date.parse(one.hour), one]))
  const first = Math.floor(now / HOUR_MS) * HOUR_MS - (HOURS - 1) * HOUR_MS
  return Array.from({ length: HOURS }, (_, place) => {
    const at = first + place * HOUR_MS
    const found = known.get(at)
    return { at: new Date(at).toISOString(), calls: found?.calls ?? 0, failed: found?.failed ?? 0, p95: found?.p95_ms ?? null }
  })
}

export const ms = (value: number | null) =>
  value === null ? '—' : value >= 10_000 ? `${Math.round(value / 1000)} s` : `${Math.round(value)} ms`
