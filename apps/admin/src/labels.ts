// Codes of the platform → what a person reads. Each code is named here once.

/** How a state feels; StatusTag gives every tone its own sign besides its colour. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet'
export interface Label {
  text: string
  tone: Tone
}
export type Labels = Readonly<Record<string, Label>>
type Names = Readonly<Record<string, string>>

export const bookingStates: Labels = {
  requested: { text: '待发送', tone: 'busy' },
  sending: { text: '发送中', tone: 'busy' },
  booked: { text: '已预约', tone: 'good' },
  failed: { text: '预约失败', tone: 'bad' },
  cancelled: { text: '已取消', tone: 'quiet' },
}

export const findingStates: Labels = {
  open: { text: '待通知', tone: 'bad' },
  notified: { text: '已通知', tone: 'warn' },
  acknowledged: { text: '已确认知晓', tone: 'busy' },
  followed_up: { text: '已随访', tone: 'good' },
  closed: { text: '已关闭', tone: 'quiet' },
}

export const findingClasses: Labels = {
  A: { text: 'A 类', tone: 'bad' },
  B: { text: 'B 类', tone: 'warn' },
}

export const checklistStates: Labels = {
  draft: { text: '待确认', tone: 'warn' },
  confirmed: { text: '已确认发送', tone: 'good' },
  used: { text: '已体检', tone: 'quiet' },
  replaced: { text: '已被新清单取代', tone: 'quiet' },
}

export const messageStates: Labels = {
  done: { text: '成功', tone: 'good' },
  staged: { text: '有待处理结果', tone: 'warn' },
  refused: { text: '已拒收', tone: 'bad' },
  failed: { text: '失败，将重试', tone: 'warn' },
  dead: { text: '失败，待人工', tone: 'bad' },
  sending: { text: '发送中', tone: 'busy' },
}

export const stagedStates: Labels = {
  waiting: { text: '待处理', tone: 'warn' },
  released: { text: '已入库', tone: 'good' },
  dropped: { text: '已放弃', tone: 'quiet' },
}

export const activeStates: Labels = {
  active: { text: '启用', tone: 'good' },
  disabled: { text: '停用', tone: 'quiet' },
}

export const exportStates: Labels = {
  queued: { text: '排队中', tone: 'busy' },
  running: { text: '导出中', tone: 'busy' },
  done: { text: '可下载', tone: 'good' },
  failed: { text: '导出失败', tone: 'bad' },
  cancelled: { text: '已取消', tone: 'quiet' },
}

/** 异常标志, the arrows a Chinese report has. */
export const abnormalFlags: Labels = {
  N: { text: '正常', tone: 'good' },
  H: { text: '偏高 ↑', tone: 'warn' },
  L: { text: '偏低 ↓', tone: 'warn' },
  HH: { text: '危急偏高 ↑↑', tone: 'bad' },
  LL: { text: '危急偏低 ↓↓', tone: 'bad' },
  A: { text: '异常', tone: 'warn' },
}

/** GB/T 2261.1, and the letters that reference ranges use. */
export const sexes: Names = { 0: '未知', 1: '男', 2: '女', 9: '未说明', M: '男', F: '女' }

export const accountKinds: Names = { staff: '职工', customer: '客户' }

export const interfaces: Names = {
  K1: 'K1 绑定体检账号',
  K2: 'K2 预约体检',
  H1: 'H1 获取个性化清单',
  H2: 'H2 体检指引',
  H3: 'H3 项目结果',
  H4: 'H4 体检报告',
  H5: 'H5 变更项目明细',
}

export const stagedReasons: Names = {
  not_mapped: '未建立对照',
  rejected: '已确认无对应标准项目',
  disabled: '对照已停用',
  renamed: '项目改名待确认',
  unit_changed: '单位变更待确认',
  unit: '单位无法换算',
  exam_unknown: '无法确定属于哪次体检',
}

export const contactChannels: Names = {
  phone: '电话',
  in_person: '当面',
  wechat: '微信',
  sms: '短信',
  in_app: '站内消息',
  other: '其他',
}

/** The name of a code; a code this page does not know yet is shown as it is, never hidden. */
export function name(of: Names, code: string | number | null | undefined): string {
  if (code === null || code === undefined || code === '') return '—'
  return of[code] ?? String(code)
}

export function label(of: Labels, code: string | null | undefined): Label {
  return of[code ?? ''] ?? { text: code || '—', tone: 'quiet' }
}

/** For el-select: the codes of `of` with their texts. */
export function options(of: Labels | Names): { value: string; label: string }[] {
  return Object.entries(of).map(([value, known]) => ({
    value,
    label: typeof known === 'string' ? known : known.text,
  }))
}
