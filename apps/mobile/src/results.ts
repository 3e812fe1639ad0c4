import type { Shape } from '@/api'
import type { TrendPoint } from '@/components/trend'
import { dayOf, unitText } from '@/format'

/** One result of an exam as people read it: what was printed, and how it stands. */
export interface ReadResult {
  code: string
  name: string
  value: string
  range: string
  /** '' when nobody could judge it. */
  flag: string
  /** The exam centre's flag is shown where the platform has no range of its own. */
  byCentre: boolean
  department: string
}

export function isAbnormal(flag: string): boolean {
  return flag !== '' && flag !== 'N'
}

/**
 * The results of an exam; `judged` are the person's latest results with the platform's own judgement, which counts
 * where it speaks of this very exam.
 */
export function readResults(results: Shape<'ResultView'>[], judged: Shape<'FlaggedResultView'>[]): ReadResult[] {
  const ours = new Map(judged.map((one) => [`${one.exam_id}/${one.item_code}`, one]))
  return results.map((result) => {
    const own = ours.get(`${result.exam_id}/${result.item_code}`)
    const flag = own?.flag ?? result.vendor_abnormal_flag
    return {
      code: result.item_code,
      name: result.item_name,
      value: [result.raw_value, result.raw_unit].filter(Boolean).join(' '),
      range: own?.range_text ?? result.reference_text,
      flag,
      byCentre: !own?.flag && flag !== '',
      department: result.department || '其他',
    }
  })
}

/** In the order in which the departments first come. */
export function byDepartment(results: ReadResult[]): { department: string; results: ReadResult[] }[] {
  const groups = new Map<string, ReadResult[]>()
  for (const result of results) {
    const group = groups.get(result.department)
    if (group) group.push(result)
    else groups.set(result.department, [result])
  }
  return [...groups].map(([department, grouped]) => ({ department, results: grouped }))
}

/** What an abnormal value means, and nothing more than it can mean by itself. */
export function meaning(result: ReadResult): string {
  const range = result.range ? `（${result.range}）` : ''
  if (result.flag === 'HH' || result.flag === 'LL') {
    return `明显${result.flag === 'HH' ? '高' : '低'}于参考范围${range}，请尽快咨询医生。`
  }
  if (result.flag === 'H') return `高于参考范围${range}。单次偏高不等于患病，请带上报告咨询医生。`
  if (result.flag === 'L') return `低于参考范围${range}。单次偏低不等于患病，请带上报告咨询医生。`
  return '检查发现异常，请看报告中的结论，并咨询医生。'
}

/**
 * The course of one item, oldest first: only numbers in one unit can be compared, so what was measured in another unit
 * than the newest stays out of the picture.
 */
export function trendOf(
  newestFirst: Shape<'ResultView'>[],
  judged: Shape<'FlaggedResultView'> | undefined,
): { unit: string; points: TrendPoint[] } {
  const unit = newestFirst.find((result) => result.numeric_value !== null)?.unit ?? ''
  const { low, high } = judged ?? {}
  const points = newestFirst.flatMap((result) => {
    const value = result.numeric_value
    if (value === null || result.unit !== unit) return []
    const outside = (low != null && value < low) || (high != null && value > high)
    const text = `${result.comparator}${Number(value.toPrecision(6))}`
    return [{ day: dayOf(result.performed_at), value, text, abnormal: outside || isAbnormal(result.vendor_abnormal_flag) }]
  })
  return { unit: unitText(unit), points: points.reverse() }
}

/** The lines of a report's conclusions: vendors send texts, or objects whose parts are read one after the other. */
export function conclusionsOf(report: Shape<'DocumentView'>): string[] {
  const lines = Array.isArray(report.conclusions) ? (report.conclusions as unknown[]) : []
  return lines.map((line) =>
    typeof line === 'object' && line !== null ? Object.values(line).filter(Boolean).join('；') : String(line),
  )
}
