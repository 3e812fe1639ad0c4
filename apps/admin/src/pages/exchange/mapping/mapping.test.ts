import { describe, expect, it } from 'vitest'
import { plan, type Row } from './bulk'
import { differences } from './desk'
import type { Item, Suggestion } from './suggestions'

const item = (code: string, more: Partial<Item> = {}) => ({ code, name: code, unit: '', status: 'unmapped', ...more }) as Item
const best = (item_code: string, score: number): Suggestion => ({
  item_code,
  name: item_code,
  score,
  reasons: ['名称相同'],
  unit: '',
  specimen: '',
})
const row = (code: string, to: string | null, score = 0.97, more: Partial<Item> = {}): Row => ({
  item: item(code, more),
  best: to === null ? null : best(to, score),
})
const checked = (code: string, problem = '', also_mapped: string[] = []) => ({ vendor_item_code: code, problem, also_mapped })

describe('plan of a bulk confirmation', () => {
  const kinds = (rows: Row[], checks = rows.map((one) => checked(one.item.code)), refused = {}) =>
    plan(rows, checks, 0.85, refused).map((line) => [line.kind, line.proposed])

  it('proposes what is sure and free', () => {
    expect(kinds([row('A', 'LAB.A')])).toEqual([['fine', true]])
  })

  it('leaves out what is under the threshold or has no suggestion', () => {
    expect(kinds([row('A', 'LAB.A', 0.8), row('B', null)])).toEqual([
      ['low', false],
      ['impossible', false],
    ])
  })

  it('leaves two that want the same standard item to the person', () => {
    expect(kinds([row('A', 'LAB.X'), row('B', 'LAB.X')])).toEqual([
      ['doubtful', false],
      ['doubtful', false],
    ])
  })

  it('says which mapping there is already', () => {
    const [line] = plan([row('A', 'LAB.X')], [checked('A', '', ['GLU0 空腹血糖'])], 0.85, {})
    expect([line!.kind, line!.says]).toEqual(['doubtful', '这个标准项目已有对照：GLU0 空腹血糖'])
  })

  it('never ticks what the platform cannot take, also when it says so only at the end', () => {
    expect(kinds([row('A', 'LAB.A')], [checked('A', '单位 箱 无法识别')])).toEqual([['impossible', false]])
    expect(kinds([row('A', 'LAB.A')], [checked('A')], { A: '厂家项目在您查看之后有变更' })).toEqual([['impossible', false]])
  })
})

describe('differences', () => {
  it('names what the vendor changed', () => {
    expect(differences(item('A', { unit: 'mg/dL', active: true }), item('A', { unit: 'mmol/L', active: false }))).toEqual([
      '单位：mg/dL → mmol/L',
      '厂家是否在用：是 → 否',
    ])
  })

  it('is not empty when something changed that the page does not show', () => {
    expect(differences(item('A'), item('A'))).toEqual(['参考区间或其他说明'])
  })
})
