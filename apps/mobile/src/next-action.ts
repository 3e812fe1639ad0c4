import type { Shape } from '@/api'
import { dayOf, daysBetween, dayText } from '@/format'
import { ROUTES } from '@/routes'

/** What is known about the customer's exam loop. */
export interface Situation {
  today: string
  /** Signed the data-use agreement and bound to an exam centre. */
  bound: boolean
  /** The health questionnaire; undefined when none is offered. */
  questionnaire?: Pick<Shape<'OpenFormView'>, 'code' | 'completed_at' | 'draft_completeness'>
  checklistConfirmed: boolean
  /** The newest booking that is not cancelled. */
  booking?: Pick<Shape<'BookingView'>, 'id' | 'state' | 'appointment_date'>
  guide: boolean
  results: boolean
  /** When the report of that booking came. */
  reportedAt?: string
  findings: Pick<Shape<'OwnFinding'>, 'urgent' | 'can_acknowledge'>[]
}

/** The one big thing to do now. */
export interface NextAction {
  kind: 'urgent' | 'bind' | 'finding' | 'questionnaire' | 'book' | 'wait' | 'prepare' | 'guide' | 'results' | 'report'
  title: string
  hint: string
  button: string
  url: string
}

/** After this many days a finished exam no longer is what matters now. */
const EXAM_IS_NEWS_DAYS = 60

export function nextAction(known: Situation): NextAction {
  return finding(known, true) ?? binding(known) ?? finding(known, false) ?? exam(known) ?? preparation(known)
}

function finding({ findings }: Situation, urgent: boolean): NextAction | undefined {
  const open = findings.filter((found) => found.can_acknowledge && found.urgent === urgent).length
  if (open === 0) return undefined
  return {
    kind: urgent ? 'urgent' : 'finding',
    title: urgent ? '有检查结果需要马上处理' : '有检查结果需要您留意',
    hint: `${open} 项结果，请看清该怎么做，并点“我已知晓”`,
    button: '查看该怎么做',
    url: ROUTES.findings,
  }
}

function binding({ bound }: Situation): NextAction | undefined {
  if (bound) return undefined
  return {
    kind: 'bind',
    title: '先签约体检机构',
    hint: '签署数据使用授权协议后，才能预约体检和接收结果',
    button: '去签约',
    url: ROUTES.binding,
  }
}

/** The exam that is under way or has just been; undefined when it is time to think of the next one. */
function exam(known: Situation): NextAction | undefined {
  const { booking, today } = known
  if (!booking) return undefined
  const { id, state, appointment_date: day } = booking
  if (known.reportedAt) {
    if (daysBetween(dayOf(known.reportedAt), today) > EXAM_IS_NEWS_DAYS) return undefined
    return {
      kind: 'report',
      title: '体检报告已出',
      hint: '先看总检结论和医生建议，再看各项结果',
      button: '看报告',
      url: ROUTES.report(id),
    }
  }
  if (known.results) {
    return {
      kind: 'results',
      title: '体检结果陆续送达',
      hint: '报告出来后会马上通知您',
      button: '看结果',
      url: ROUTES.results(id),
    }
  }
  if (state === 'failed') {
    return {
      kind: 'book',
      title: '预约没有成功',
      hint: '请另选日期，或联系我们',
      button: '重新预约',
      url: ROUTES.booking,
    }
  }
  if (day && daysBetween(day, today) > EXAM_IS_NEWS_DAYS) return undefined
  return state === 'booked' ? booked(known, id, day ?? null) : waiting(known, day ?? null)
}

function waiting({ checklistConfirmed }: Situation, day: string | null): NextAction {
  return {
    kind: 'wait',
    title: checklistConfirmed ? '正在向体检机构提交' : '医生正在确认您的体检清单',
    hint: `${day ? `${dayText(day)} 体检，` : ''}有结果马上通知您，无需重复预约`,
    button: '看体检清单',
    url: ROUTES.checklist,
  }
}

function booked({ guide, today }: Situation, id: string, day: string | null): NextAction {
  const left = day ? daysBetween(today, day) : 0
  if (day && left < 0) {
    return {
      kind: 'wait',
      title: '等待体检结果',
      hint: '结果一到马上通知您',
      button: '看预约',
      url: ROUTES.bookings,
    }
  }
  const title = !day ? '体检已预约' : left === 0 ? '今天体检' : left === 1 ? '明天体检' : `${left} 天后体检`
  const when = day ? `${dayText(day)}，` : ''
  if (guide) {
    return {
      kind: 'guide',
      title,
      hint: `${when}请先看指引单上的顺序和注意事项`,
      button: '看指引单',
      url: ROUTES.guide(id),
    }
  }
  return {
    kind: 'prepare',
    title,
    hint: `${when}指引单送达后会通知您`,
    button: '看体检清单',
    url: ROUTES.checklist,
  }
}

function preparation({ questionnaire }: Situation): NextAction {
  if (questionnaire && !questionnaire.completed_at) {
    const done = questionnaire.draft_completeness
    return {
      kind: 'questionnaire',
      title: done ? '接着填健康问卷' : '填写健康问卷',
      hint: done ? `已填 ${done}%，填好后为您定制体检清单` : '随填随存，可以分几次填；填好后为您定制体检清单',
      button: done ? '继续填写' : '开始填写',
      url: ROUTES.questionnaire(questionnaire.code),
    }
  }
  return {
    kind: 'book',
    title: '预约体检',
    hint: '选好日期，医生按您的问卷确认体检清单',
    button: '去预约',
    url: ROUTES.booking,
  }
}

export interface Step {
  text: string
  done: boolean
  note: string
}

/** How far the loop has come, for the line of steps on 首页. */
export function stepsOf(known: Situation): Step[] {
  const day = known.booking?.appointment_date
  const booked = known.booking?.state === 'booked'
  const reported = known.reportedAt !== undefined
  const examined = known.results || reported
  return [
    { text: '签约', done: known.bound, note: '' },
    { text: '问卷', done: Boolean(known.questionnaire?.completed_at), note: '' },
    { text: '预约', done: booked || examined, note: day ? day.slice(5).replace('-', '/') : '' },
    { text: '体检', done: examined, note: '' },
    { text: '报告', done: reported, note: known.reportedAt ? dayOf(known.reportedAt).slice(5).replace('-', '/') : '' },
  ]
}
