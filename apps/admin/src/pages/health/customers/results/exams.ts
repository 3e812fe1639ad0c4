import type { Shape } from '@/api/types'
import type { Booking } from '../queries'
import { isAbnormal } from '../timeline'

export type Result = Shape<'ResultView'>

export interface Group {
  title: string
  results: Result[]
}

/** Results by `titleOf`, in the order in which the titles come first. */
export function grouped(results: readonly Result[], titleOf: (result: Result) => string): Group[] {
  const groups = new Map<string, Result[]>()
  for (const result of results) {
    const title = titleOf(result)
    groups.set(title, [...(groups.get(title) ?? []), result])
  }
  return [...groups].map(([title, found]) => ({ title, results: found }))
}

/** Critical ones first, then whatever else is not normal. */
export function abnormalFirst(results: readonly Result[]): Result[] {
  const weight = (result: Result) => (result.vendor_abnormal_flag.length > 1 ? 0 : 1)
  return results.filter(isAbnormal).sort((a, b) => weight(a) - weight(b))
}

/** When the exam was: the day its first result was taken, or the day it was booked for. */
export function examDay(booking: Booking, results: readonly Result[] | undefined): string {
  return results?.length
    ? results.reduce((first, one) => (one.performed_at < first ? one.performed_at : first), results[0]!.performed_at)
    : (booking.appointment_date ?? booking.created_at)
}

/** The lines of a report's conclusions; the contract lets a vendor send texts or objects. */
export function conclusionsOf(report: Shape<'DocumentView'> | undefined): string[] {
  if (!Array.isArray(report?.conclusions)) return []
  return report.conclusions.map((one: unknown) =>
    typeof one === 'object' && one !== null ? Object.values(one).filter(isText).join(' ') : String(one),
  )
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Findings below a result that the vendor sent in parts: «啰音：湿啰音». */
export function partsOf(result: Result): string[] {
  if (!Array.isArray(result.sub_findings)) return []
  return result.sub_findings.flatMap((part: unknown) => {
    const { name, value, unit } = (part ?? {}) as { name?: unknown; value?: unknown; unit?: unknown }
    if (value === undefined || value === null) return []
    return [`${name ? `${String(name)}：` : ''}${String(value)}${unit ? ` ${String(unit)}` : ''}`]
  })
}
