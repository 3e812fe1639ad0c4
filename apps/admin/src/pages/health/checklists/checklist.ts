import { queryOptions } from '@tanstack/vue-query'
import { api, ok } from '@/api/client'
import type { Shape } from '@/api/types'

export type Checklist = Shape<'ChecklistView'>
export type Line = Shape<'LineView'>
export type Reason = Line['reasons'][number]

export const checklistOf = (id: string) =>
  queryOptions({
    queryKey: ['health.checklists', 'one', id],
    queryFn: () =>
      ok(api.GET('/api/admin/health/checklists/{checklist_id}', { params: { path: { checklist_id: id } } })),
  })

export interface Group {
  title: string
  /** Why the whole group is there; the lines need not repeat it. */
  reason: Reason | undefined
  lines: Line[]
}

/** Lines by what asked for them, in the order of the list. */
export function groupsOf(lines: readonly Line[]): Group[] {
  const groups = new Map<string, Line[]>()
  for (const line of lines) groups.set(line.group_name, [...(groups.get(line.group_name) ?? []), line])
  return [...groups].map(([title, found]) => ({
    title,
    reason: found[0]!.reasons.find((one) => one.title === title) ?? found[0]!.reasons[0],
    lines: found,
  }))
}

/** What another rule says of the line, besides the reason of its group. */
export function furtherReasons(line: Line, group: Group): Reason[] {
  return line.reasons.filter((one) => one.rule !== group.reason?.rule && one.rule !== 'base')
}

export interface Counts {
  sent: number
  base: number
  byRule: number
  byDoctor: number
  left: number
}

export function countsOf(lines: readonly Line[], ticked: (line: Line) => boolean): Counts {
  const taken = lines.filter(ticked)
  const of = (origin: Line['origin']) => taken.filter((line) => line.origin === origin).length
  return {
    sent: taken.length,
    base: of('base'),
    byRule: of('x'),
    byDoctor: of('doctor'),
    left: lines.length - taken.length,
  }
}

/** «共 70 项：基本 60 项、按规则 8 项、医生添加 2 项» */
export function said(counts: Counts): string {
  const parts = [
    `基本项目 ${counts.base} 项`,
    counts.byRule ? `按规则 ${counts.byRule} 项` : '',
    counts.byDoctor ? `医生添加 ${counts.byDoctor} 项` : '',
  ].filter(Boolean)
  return `${counts.sent} 项：${parts.join('、')}`
}

/** What the hospital still has to confirm says so itself. */
export function isUnconfirmed(reason: { confidence: string }): boolean {
  return reason.confidence.includes('待院方确认')
}
