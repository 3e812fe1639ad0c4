import { describe, expect, it } from 'vitest'
import { countsOf, furtherReasons, groupsOf, said, type Line } from './checklist'

const reason = (rule: string, title: string) => ({ rule, title, because: [], note: null, interval: null, evidence: '', confidence: '' })
const line = (code: string, origin: string, group: string, rules: [string, string][], ticked = true) =>
  ({
    item_code: code,
    group_name: group,
    origin,
    ticked,
    optional: origin !== 'base',
    reasons: rules.map(([rule, title]) => reason(rule, title)),
  }) as unknown as Line

const lines = [
  line('A', 'base', '血压', [['base', '基本项目'], ['htn', '高血压风险']]),
  line('B', 'x', '高血压风险', [['htn', '高血压风险']]),
  line('C', 'x', '高血压风险', [['htn', '高血压风险'], ['chd', '冠心病风险']], false),
  line('D', 'doctor', '医生添加', [['doctor', '医生添加']]),
]

describe('a personalised list', () => {
  it('is told in numbers', () => {
    const counts = countsOf(lines, (one) => one.ticked)
    expect(said(counts)).toBe('3 项：基本项目 1 项、按规则 1 项、医生添加 1 项')
    expect(counts.left).toBe(1)
  })

  it('names the reason of a group once and other rules at the line', () => {
    const [, risk] = groupsOf(lines)
    expect(risk!.reason?.rule).toBe('htn')
    expect(risk!.lines.map((one) => furtherReasons(one, risk!).map((other) => other.title))).toEqual([[], ['冠心病风险']])
  })
})
