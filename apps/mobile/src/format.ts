/** Instants are UTC and shown in China's time, days are calendar days; neither depends on the device's own zone. */
const CHINA_MS = 8 * 3600_000

function two(part: number): string {
  return String(part).padStart(2, '0')
}

function chinaParts(instant: string | Date) {
  const shifted = new Date(new Date(instant).getTime() + CHINA_MS)
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    time: `${two(shifted.getUTCHours())}:${two(shifted.getUTCMinutes())}`,
  }
}

/** `2026-11-26` of an instant, in China. */
export function dayOf(instant: string | Date): string {
  const { year, month, day } = chinaParts(instant)
  return `${year}-${two(month)}-${two(day)}`
}

export function today(): string {
  return dayOf(new Date())
}

/** 11月26日 周四 of `2026-11-26`; with the year when it is not this one. */
export function dayText(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const weekday = '日一二三四五六'[new Date(Date.UTC(year, month - 1, date)).getUTCDay()]
  const withYear = day.slice(0, 4) === today().slice(0, 4) ? '' : `${year}年`
  return `${withYear}${month}月${date}日 周${weekday}`
}

/** 今天 09:30, 昨天 09:30, 11月20日 or 2025年11月20日 of an instant. */
export function instantText(instant: string): string {
  const { year, month, day, time } = chinaParts(instant)
  const now = new Date()
  if (dayOf(instant) === dayOf(now)) return `今天 ${time}`
  if (dayOf(instant) === dayOf(new Date(now.getTime() - 24 * 3600_000))) return `昨天 ${time}`
  return year === chinaParts(now).year ? `${month}月${day}日` : `${year}年${month}月${day}日`
}

/** Whole days from one calendar day to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / (24 * 3600_000))
}

/** How far a form is filled, or when it was last handed in. */
export function formProgress(form: { completed_at?: string | null; draft_completeness?: number | null }): string {
  if (form.draft_completeness) return `已填 ${form.draft_completeness}%`
  return form.completed_at ? `${instantText(form.completed_at)} 已填` : '未填'
}

/** UCUM spells some units in a way that nobody prints. */
const UNITS: Record<string, string> = { 'mm[Hg]': 'mmHg', 'umol/L': 'μmol/L', 'kg/m2': 'kg/m²', '10*9/L': '10⁹/L', '10*12/L': '10¹²/L' }

export function unitText(unit: string): string {
  return UNITS[unit] ?? unit
}
