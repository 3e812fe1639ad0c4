import { describe, expect, it } from 'vitest'
import type { Shape } from '@/api'
import { byDepartment, conclusionsOf, meaning, readResults, trendOf } from '@/results'
import { readInput, toneOf, valueOf } from '@/risks'

function result(given: Partial<Shape<'ResultView'>>): Shape<'ResultView'> {
  return {
    result_id: 'r', exam_id: 'e1', vendor_item_code: 'V', item_code: 'LAB.TC', item_name: '总胆固醇', value_type: 'numeric',
    raw_value: '5.9', raw_unit: 'mmol/L', numeric_value: 5.9, comparator: '', coded_value: '', unit: 'mmol/L',
    reference_text: '≤5.2', vendor_abnormal_flag: 'H', specimen: '', department: '检验科', performed_at: '2026-11-20T01:00:00Z',
    sub_findings: null, images: null, revision: 1, ...given,
  } as Shape<'ResultView'>
}

function judged(given: Partial<Shape<'FlaggedResultView'>>): Shape<'FlaggedResultView'> {
  return { exam_id: 'e1', item_code: 'LAB.TC', flag: 'HH', range_text: '2.8～5.2', low: 2.8, high: 5.2, ...given } as Shape<'FlaggedResultView'>
}

describe('results', () => {
  it('takes the platform’s judgement of this exam, else the exam centre’s', () => {
    expect(readResults([result({})], [judged({})])[0]).toMatchObject({ flag: 'HH', range: '2.8～5.2', byCentre: false })
    expect(readResults([result({})], [judged({ exam_id: 'e2' })])[0]).toMatchObject({ flag: 'H', range: '≤5.2', byCentre: true })
    expect(readResults([result({})], [judged({ flag: null, range_text: null })])[0]).toMatchObject({ flag: 'H', byCentre: true })
  })

  it('says what a value means', () => {
    const [high] = readResults([result({})], [])
    expect(high && meaning(high)).toContain('高于参考范围（≤5.2）')
    const [odd] = readResults([result({ vendor_abnormal_flag: 'A', reference_text: '' })], [])
    expect(odd && meaning(odd)).toContain('异常')
  })

  it('keeps the order of the departments', () => {
    const read = readResults([result({ department: '内科' }), result({}), result({ department: '内科' })], [])
    expect(byDepartment(read).map((group) => [group.department, group.results.length])).toEqual([['内科', 2], ['检验科', 1]])
  })

  it('reads conclusions that are texts or objects', () => {
    const report = { conclusions: ['血脂偏高', { code: 'E78.5', text: '高脂血症', level: 0 }] } as Shape<'DocumentView'>
    expect(conclusionsOf(report)).toEqual(['血脂偏高', 'E78.5；高脂血症'])
  })

  it('draws numbers of one unit only, oldest first', () => {
    const course = trendOf(
      [result({}), result({ numeric_value: 200, unit: 'mg/dL' }), result({ numeric_value: null, unit: '' }), result({ numeric_value: 4.1, comparator: '<', vendor_abnormal_flag: 'N', performed_at: '2024-01-01T20:00:00Z' })],
      judged({}),
    )
    expect(course.unit).toBe('mmol/L')
    expect(course.points).toEqual([
      { day: '2024-01-02', value: 4.1, text: '<4.1', abnormal: false },
      { day: '2026-11-20', value: 5.9, text: '5.9', abnormal: true },
    ])
  })
})

describe('risks', () => {
  it('reads inputs in words', () => {
    expect(readInput({ label: '收缩压', value: 130, unit: 'mm[Hg]', source: 'result', at: null })).toEqual({ label: '收缩压', value: '130 mmHg', source: '体检' })
    expect(readInput({ label: '现在吸烟', value: false, unit: null, source: 'derived', at: null }).value).toBe('否')
    expect(readInput({ label: '性别', value: 'M', unit: null, source: 'person', at: null }).value).toBe('男')
  })

  it('knows how serious a level is', () => {
    expect(['low', 'high', 'high_normal', 'G3a-A1-moderate', 'G2-A1-low', 'yes', 'no'].map(toneOf)).toEqual(
      ['good', 'danger', 'warning', 'warning', 'good', 'danger', 'good'])
    expect(toneOf(null)).toBe('quiet')
  })

  it('reads blood pressure as a pair', () => {
    const risk = { value: 130, unit: 'mmHg', details: { sbp: 130, dbp: 76 } } as unknown as Shape<'RiskCard'>
    expect(valueOf(risk)).toBe('130/76 mmHg')
  })
})
