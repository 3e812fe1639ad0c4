import type { LocationQueryRaw, RouteLocationRaw } from 'vue-router'
import type { Shape } from '@/api/types'
import { date } from '@/dates'
import { bookingStates, checklistStates, findingStates, label, type Tone } from '@/labels'
import type { Booking } from './queries'

/** The kinds of what happens to a customer, in the order of the exam loop. */
export const kinds = {
  form: '问卷',
  checklist: '清单',
  booking: '预约',
  guide: '指引',
  result: '结果',
  report: '报告',
  finding: '异常与随访',
} as const
export type Kind = keyof typeof kinds

export interface Entry {
  id: string
  kind: Kind
  at: string
  title: string
  text: string
  tone: Tone
  /** Where it can be read: another tab of the page, or a page of its own. */
  tab?: LocationQueryRaw
  page?: RouteLocationRaw
}

export interface Sources {
  responses: Shape<'FlaggedHeadView'>[]
  checklists: Shape<'ChecklistHeadView'>[]
  bookings: Booking[]
  findings: Shape<'FindingView'>[]
  exams: {
    bookingId: string
    guide: Shape<'DocumentView'> | null
    results: Shape<'ResultView'>[]
    reports: Shape<'DocumentView'>[]
  }[]
}

/** What the vendor reports as not normal. */
export function isAbnormal(result: { vendor_abnormal_flag: string }): boolean {
  return result.vendor_abnormal_flag !== '' && result.vendor_abnormal_flag !== 'N'
}

/** Everything that happened, newest first. `nameOf` gives an item's standard name. */
export function entriesOf(sources: Sources, nameOf: (code: string, fallback: string) => string): Entry[] {
  return [
    ...sources.responses.map(ofResponse),
    ...sources.checklists.flatMap(ofChecklist),
    ...sources.bookings.map(ofBooking),
    ...sources.exams.flatMap((exam) => ofExam(exam, nameOf)),
    ...sources.findings.flatMap(ofFinding),
  ].sort((a, b) => b.at.localeCompare(a.at))
}

export function byYear(entries: readonly Entry[]): { year: string; entries: Entry[] }[] {
  const years = new Map<string, Entry[]>()
  for (const entry of entries) {
    const year = date(entry.at).slice(0, 4)
    years.set(year, [...(years.get(year) ?? []), entry])
  }
  return [...years].map(([year, found]) => ({ year, entries: found }))
}

function ofResponse(head: Shape<'FlaggedHeadView'>): Entry {
  const urgent = head.flags.filter((flag) => flag.level !== 'info')
  return {
    id: `form-${head.id}`,
    kind: 'form',
    at: head.completed_at ?? head.updated_at,
    title: head.completed_at ? `完成${head.form_title}` : `${head.form_title}填写到 ${head.completeness}%`,
    text: head.flags.map((flag) => flag.display).join('；'),
    tone: urgent.length ? 'warn' : head.completed_at ? 'good' : 'quiet',
    tab: { tab: 'forms', form: head.id },
  }
}

function ofChecklist(head: Shape<'ChecklistHeadView'>): Entry[] {
  const day = head.appointment_date ? `，预约 ${head.appointment_date}` : ''
  const base = {
    kind: 'checklist' as const,
    page: { name: 'health-checklists', query: { open: head.id, state: head.state } },
  }
  const made: Entry = {
    ...base,
    id: `list-${head.id}`,
    at: head.generated_at,
    title: '生成个性化体检清单',
    text: `共 ${head.ticked} 项，其中基本项目之外 ${head.x_items} 项${day}`,
    tone: label(checklistStates, head.state).tone,
  }
  const sent: Entry[] = head.confirmed_at
    ? [{ ...base, id: `sent-${head.id}`, at: head.confirmed_at, title: '清单已确认发送', text: '', tone: 'good' }]
    : []
  return [...sent, made]
}

function ofBooking(booking: Booking): Entry {
  const state = label(bookingStates, booking.state)
  const number = booking.exam_no ? `体检编号 ${booking.exam_no}` : ''
  return {
    id: `booking-${booking.id}`,
    kind: 'booking',
    at: booking.created_at,
    title: booking.appointment_date ? `预约 ${booking.appointment_date} 体检` : '体检登记',
    text: [state.text, number, booking.failure].filter(Boolean).join(' · '),
    tone: state.tone,
  }
}

function ofExam(exam: Sources['exams'][number], nameOf: (code: string, fallback: string) => string): Entry[] {
  const found: Entry[] = []
  if (exam.guide) {
    found.push({
      id: `guide-${exam.guide.id}`,
      kind: 'guide',
      at: exam.guide.received_at,
      title: '收到体检指引单',
      text: '',
      tone: 'busy',
      tab: { tab: 'reports', document: exam.guide.id },
    })
  }
  if (exam.results.length) {
    const abnormal = exam.results.filter(isAbnormal)
    const first = abnormal.slice(0, 4).map((one) => nameOf(one.item_code, one.item_name))
    const more = abnormal.length > first.length ? `等 ${abnormal.length} 项` : ''
    found.push({
      id: `results-${exam.bookingId}`,
      kind: 'result',
      at: exam.results.reduce((latest, one) => (one.performed_at > latest ? one.performed_at : latest), ''),
      title: `体检结果 ${exam.results.length} 项，异常 ${abnormal.length} 项`,
      text: first.length ? `异常：${first.join('、')}${more}` : '未见异常',
      tone: abnormal.length ? 'warn' : 'good',
      tab: { tab: 'results', exam: exam.bookingId },
    })
  }
  for (const report of exam.reports) {
    const conclusions = Array.isArray(report.conclusions) ? report.conclusions.length : 0
    found.push({
      id: `report-${report.id}`,
      kind: 'report',
      at: report.received_at,
      title: `收到体检报告第 ${report.version} 版`,
      text: conclusions ? `总检结论 ${conclusions} 条` : '',
      tone: 'good',
      tab: { tab: 'reports', document: report.id },
    })
  }
  return found
}

const STEPS = [
  ['closed_at', '关闭', 'quiet'],
  ['followed_up_at', '随访', 'good'],
  ['acknowledged_at', '本人确认知晓', 'busy'],
  ['notified_at', '通知本人', 'busy'],
] as const

function ofFinding(finding: Shape<'FindingView'>): Entry[] {
  const base = {
    kind: 'finding' as const,
    page: { name: 'health-findings', query: { open: finding.id, state: '*' } },
  }
  const named = `${finding.finding_class} 类：${finding.title}`
  const steps = STEPS.flatMap(([field, word, tone]): Entry[] =>
    finding[field] ? [{ ...base, id: `${field}-${finding.id}`, at: finding[field], title: `${word}（${named}）`, text: '', tone }] : [],
  )
  return [
    ...steps,
    {
      ...base,
      id: `finding-${finding.id}`,
      at: finding.found_at,
      title: `发现重要异常 ${named}`,
      text: `${finding.text} 现在：${label(findingStates, finding.state).text}`,
      tone: finding.finding_class === 'A' ? 'bad' : 'warn',
    },
  ]
}
