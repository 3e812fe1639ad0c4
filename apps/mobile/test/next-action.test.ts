import { describe, expect, it } from 'vitest'
import { nextAction, type Situation } from '@/next-action'

const NOW: Situation = {
  today: '2026-11-26',
  bound: true,
  questionnaire: { code: 'health_self_test', completed_at: '2026-11-20T01:00:00Z', draft_completeness: null },
  checklistConfirmed: true,
  booking: { id: 'b1', state: 'booked', appointment_date: '2026-11-28' },
  guide: false,
  results: false,
  findings: [],
}
const unfilled = { code: 'health_self_test', completed_at: null, draft_completeness: null }
const urgent = { urgent: true, can_acknowledge: true }
const known = { urgent: true, can_acknowledge: false }
const mild = { urgent: false, can_acknowledge: true }

const CASES: [string, Partial<Situation>, string, RegExp][] = [
  ['an urgent finding comes before everything', { bound: false, findings: [mild, urgent] }, 'urgent', /马上处理/],
  ['a finding that is known is no longer a task', { findings: [known], booking: undefined }, 'book', /预约体检/],
  ['without binding nothing else works', { bound: false, findings: [mild] }, 'bind', /签约/],
  ['a finding comes before the report', { reportedAt: '2026-11-26T01:00:00Z', findings: [mild] }, 'finding', /留意/],
  ['questionnaire not begun', { booking: undefined, questionnaire: unfilled }, 'questionnaire', /^填写/],
  ['questionnaire begun', { booking: undefined, questionnaire: { ...unfilled, draft_completeness: 40 } }, 'questionnaire', /接着/],
  ['no questionnaire offered', { booking: undefined, questionnaire: undefined }, 'book', /预约体检/],
  ['ready to book', { booking: undefined }, 'book', /预约体检/],
  ['the doctor has the list', { checklistConfirmed: false, booking: { ...NOW.booking!, state: 'requested' } }, 'wait', /医生正在确认/],
  ['on the way to the exam centre', { booking: { ...NOW.booking!, state: 'sending' } }, 'wait', /正在向体检机构/],
  ['failed', { booking: { ...NOW.booking!, state: 'failed' } }, 'book', /没有成功/],
  ['booked, no guide yet', {}, 'prepare', /2 天后体检/],
  ['the guide is there', { guide: true }, 'guide', /2 天后体检/],
  ['tomorrow', { guide: true, today: '2026-11-27' }, 'guide', /明天体检/],
  ['today', { guide: true, today: '2026-11-28' }, 'guide', /今天体检/],
  ['the exam is over', { guide: true, today: '2026-11-29' }, 'wait', /等待体检结果/],
  ['first results', { results: true, today: '2026-11-29' }, 'results', /陆续送达/],
  ['the report', { results: true, reportedAt: '2026-12-01T01:00:00Z', today: '2026-12-02' }, 'report', /报告已出/],
  ['long after the report', { results: true, reportedAt: '2026-12-01T01:00:00Z', today: '2027-03-01' }, 'book', /预约体检/],
  ['a booking that nothing ever came of', { today: '2027-03-01' }, 'book', /预约体检/],
]

describe('the one next action', () => {
  it.each(CASES)('%s', (_, changed, kind, title) => {
    const action = nextAction({ ...NOW, ...changed })
    expect(action.kind).toBe(kind)
    expect(action.title).toMatch(title)
    expect(action.url).toMatch(/^\/pkg-/)
  })

  it('takes the day of the report in China, not in UTC', () => {
    const reportedAt = '2026-12-01T17:00:00Z' // already the 2nd in China
    expect(nextAction({ ...NOW, results: true, reportedAt, today: '2027-01-31' }).kind).toBe('report')
  })
})
