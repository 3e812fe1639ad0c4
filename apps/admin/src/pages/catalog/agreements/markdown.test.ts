import { expect, it } from 'vitest'
import { blocksOf } from './markdown'

it('reads headings, paragraphs and lists, and takes all else as text', () => {
  const text = '# 协议\n\n第一行\n第二行\n\n## 一、数据\n\n1. 姓名\n2. 电话\n继续\n\n- 甲\n<b>不是标签</b>'
  expect(blocksOf(text)).toEqual([
    { kind: 'heading', level: 1, text: '协议' },
    { kind: 'paragraph', text: '第一行\n第二行' },
    { kind: 'heading', level: 2, text: '一、数据' },
    { kind: 'list', ordered: true, items: ['姓名', '电话\n继续'] },
    { kind: 'list', ordered: false, items: ['甲\n<b>不是标签</b>'] },
  ])
})
