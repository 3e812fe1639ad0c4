import type { Shape } from '@/api/types'
import type { Tone } from '@/labels'

type Finding = Pick<Shape<'FindingView'>, 'state' | 'due_at' | 'found_at' | 'notified_at' | 'closed_at'>

export interface Deadline {
  text: string
  tone: Tone
}

const SECOND = 1000
const HOUR = 3600 * SECOND

/** 1 小时 58 分, 3 分 12 秒, 29 天 4 小时: the two largest parts, seconds only in the last hour. */
export function lasting(ms: number): string {
  const seconds = Math.floor(ms / SECOND)
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor((seconds % 86_400) / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  if (days) return hours ? `${days} 天 ${hours} 小时` : `${days} 天`
  if (hours) return minutes ? `${hours} 小时 ${minutes} 分` : `${hours} 小时`
  return `${minutes} 分 ${seconds % 60} 秒`
}

/** How the deadline for telling the person stands at `now`: running, passed, kept or missed. */
export function deadlineOf(finding: Finding, now: number): Deadline {
  const due = Date.parse(finding.due_at)
  if (finding.state === 'open') {
    const left = due - now
    if (left <= 0) return { text: `已超时 ${lasting(-left)}`, tone: 'bad' }
    const soon = left < Math.min(HOUR, (due - Date.parse(finding.found_at)) / 2)
    return { text: `剩 ${lasting(left)}`, tone: soon ? 'bad' : left < 24 * HOUR ? 'warn' : 'busy' }
  }
  if (!finding.notified_at) return { text: '未经通知关闭', tone: 'quiet' }
  const late = Date.parse(finding.notified_at) - due
  return late > 0 ? { text: `超时 ${lasting(late)} 通知`, tone: 'warn' } : { text: '按时通知', tone: 'good' }
}
