// Times arrive as UTC; people read them in Chinese time, wherever their computer thinks it is.
const ZONE = 'Asia/Shanghai'

const parts = new Intl.DateTimeFormat('en-CA', {
  timeZone: ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

type Time = string | null | undefined
const NONE = '—'

function split(iso: string): Record<string, string> {
  return Object.fromEntries(parts.formatToParts(new Date(iso)).map((part) => [part.type, part.value]))
}

/** 2026-11-26 09:05 */
export function dateTime(iso: Time): string {
  if (!iso) return NONE
  const p = split(iso)
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}`
}

/** 2026-11-26 09:05:31, for logs. */
export function exactTime(iso: Time): string {
  return iso ? `${dateTime(iso)}:${split(iso).second}` : NONE
}

/** 2026-11-26, of a moment; a date without a time is shown as it is. */
export function date(iso: Time): string {
  if (!iso) return NONE
  return iso.length === 10 ? iso : dateTime(iso).slice(0, 10)
}

/** Today in China, YYYY-MM-DD. */
export function today(now = new Date()): string {
  return date(now.toISOString())
}

/** 刚刚, 5 分钟前, 3 小时前, 2 天前; older than a month: the date. */
export function ago(iso: Time, now = new Date()): string {
  if (!iso) return NONE
  const minutes = Math.floor((now.getTime() - new Date(iso).getTime()) / 60_000)
  if (minutes < 1) return '刚刚'
  if (minutes < 60) return `${minutes} 分钟前`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} 小时前`
  if (minutes < 31 * 24 * 60) return `${Math.floor(minutes / 60 / 24)} 天前`
  return date(iso)
}

/** Completed years between two dates (YYYY-MM-DD). */
export function age(birth: string, at = today()): number {
  const years = Number(at.slice(0, 4)) - Number(birth.slice(0, 4))
  return at.slice(5) < birth.slice(5) ? years - 1 : years
}
