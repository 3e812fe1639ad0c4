/** The keys of the page; the help sheet shows them in this order. */
export const keys: readonly { keys: string[]; text: string }[] = [
  { keys: ['↑', '↓'], text: '上一项、下一项（到头自动翻页）' },
  { keys: ['1', '–', '5'], text: '选第几条推荐' },
  { keys: ['Enter'], text: '确认对照到选中的标准项目' },
  { keys: ['N'], text: '认定无对应的标准项目' },
  { keys: ['U'], text: '撤销刚才的操作' },
  { keys: ['/'], text: '查找厂家项目（编码、名称、拼音）' },
  { keys: ['S'], text: '在标准目录中查找' },
  { keys: ['空格'], text: '选中或取消选中，用于批量处理' },
  { keys: ['A'], text: '选中本页推荐分够高的项目' },
  { keys: ['B'], text: '批量确认选中的项目' },
  { keys: ['Esc'], text: '取消选择，或离开输入框' },
  { keys: ['?'], text: '显示这张表' },
]

/** Where letters are typed, and where Enter and the space bar have a meaning of their own. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

export function isPressable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, a, [role="button"]') !== null
}
