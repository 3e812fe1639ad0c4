import type { LocationQueryRaw } from 'vue-router'

export interface Card {
  title: string
  unit: string
  /** What the person does about it. */
  action: string
  /** Lives are at stake: stands first and stands out. */
  urgent?: boolean
  list: string
  query?: LocationQueryRaw
}

/** What can wait for somebody, the most pressing first. */
export const cards: Readonly<Record<string, Card>> = {
  findings_a: {
    title: 'A 类重要异常',
    unit: '例',
    action: '立即通知本人',
    urgent: true,
    list: 'health.findings',
    query: { finding_class: 'A', state: 'open' },
  },
  findings_overdue: {
    title: '超时未处置的异常',
    unit: '例',
    action: '查看并处置',
    urgent: true,
    list: 'health.findings',
    query: { overdue: 'true' },
  },
  findings_b: {
    title: 'B 类重要异常',
    unit: '例',
    action: '通知本人',
    list: 'health.findings',
    query: { finding_class: 'B', state: 'open' },
  },
  customers_waiting: {
    title: '等待接入的客户',
    unit: '位',
    action: '去接待',
    list: 'messaging.conversations',
  },
  checklists: {
    title: '待确认的体检清单',
    unit: '份',
    action: '确认并发送',
    list: 'health.checklists',
  },
  staged_results: {
    title: '待处理结果',
    unit: '条',
    action: '查明归属',
    list: 'exchange.staged_results',
  },
  unmapped_items: {
    title: '未对照的项目',
    unit: '项',
    action: '建立对照',
    list: 'catalog.mappings',
  },
  waiting_trees: {
    title: '待审的语义扩展',
    unit: '份',
    action: '审批',
    list: 'catalog.trees',
  },
  vendor_faults: {
    title: '有故障的体检系统',
    unit: '个',
    action: '查看故障',
    list: 'exchange.vendors',
  },
  dead_letters: {
    title: '失败的后台任务',
    unit: '个',
    action: '查看原因并重试',
    list: 'operations.dead_letters',
  },
}
