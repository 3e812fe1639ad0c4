import { describe, expect, it } from 'vitest'
import { byYear, entriesOf, type Sources } from './timeline'

const nothing: Sources = { responses: [], checklists: [], bookings: [], findings: [], exams: [] }
const result = (code: string, flag: string, at: string) =>
  ({ item_code: code, item_name: `${code} 的厂家名`, vendor_abnormal_flag: flag, performed_at: at }) as never

describe('the timeline of a customer', () => {
  it('sums up an exam and names what is abnormal by its standard name', () => {
    const exam = {
      bookingId: 'b1',
      guide: null,
      reports: [],
      results: [result('LAB.TG', 'N', '2026-01-02T01:00:00Z'), result('LAB.FPG', 'H', '2026-01-02T03:00:00Z')],
    }
    const [entry] = entriesOf({ ...nothing, exams: [exam] }, (code) => (code === 'LAB.FPG' ? '空腹血糖' : code))
    expect(entry).toMatchObject({
      kind: 'result',
      at: '2026-01-02T03:00:00Z',
      title: '体检结果 2 项，异常 1 项',
      text: '异常：空腹血糖',
      tab: { tab: 'results', exam: 'b1' },
    })
  })

  it('tells each step of a finding, newest first, by year', () => {
    const finding = {
      id: 'f1',
      finding_class: 'A',
      title: '血钾重度异常',
      text: '',
      state: 'notified',
      found_at: '2025-12-31T10:00:00Z',
      notified_at: '2026-01-01T10:00:00Z',
    } as never
    const years = byYear(entriesOf({ ...nothing, findings: [finding] }, String))
    expect(years.map(({ year, entries }) => [year, entries.map((entry) => entry.title)])).toEqual([
      ['2026', ['通知本人（A 类：血钾重度异常）']],
      ['2025', ['发现重要异常 A 类：血钾重度异常']],
    ])
  })
})
