import { describe, expect, it } from 'vitest'
import type { Definition } from './definition'
import { changesOf, summary } from './diff'

const before: Definition = {
  code: 'f',
  title: 'F',
  kind: 'scale',
  item: [
    { linkId: 's', type: 'group', text: '一', item: [{ linkId: 'a', type: 'string', text: 'A' }] },
    { linkId: 'b', type: 'string', text: 'B' },
  ],
  score: [{ code: 'n', title: '总分', expression: 'a' }],
}

describe('changes between versions', () => {
  it('are none when only defaults were written out', () => {
    const same: Definition = {
      ...before,
      selfService: false,
      item: before.item.map((one) => ({ ...one, required: false, enableWhen: [], enableBehavior: 'all' as const })),
      flag: [],
    }
    expect(changesOf(before, same)).toEqual([])
    expect(summary([])).toBe('内容没有变化')
  })

  it('are told one by one', () => {
    const after: Definition = {
      ...before,
      title: 'G',
      item: [
        { linkId: 's', type: 'group', text: '一', item: [{ linkId: 'b', type: 'string', text: 'B', required: true }] },
        { linkId: 'c', type: 'string', text: 'C' },
      ],
      score: [{ code: 'n', title: '总分', expression: 'b' }],
    }
    const found = changesOf(before, after)
    expect(found).toEqual([
      { kind: 'changed', what: '表单信息', how: '标题' },
      { kind: 'changed', what: '「B」', how: '必答' },
      { kind: 'moved', what: '「B」', how: '换了分组' },
      { kind: 'added', what: '「C」' },
      { kind: 'removed', what: '「A」' },
      { kind: 'changed', what: '得分「总分」' },
    ])
    expect(summary(found)).toBe('新增 1 项、删除 1 项、改动 3 项、移动 1 项')
  })

  it('tell of another order', () => {
    expect(changesOf(before, { ...before, item: [...before.item].reverse() })).toEqual([{ kind: 'moved', what: '题目次序' }])
  })
})
