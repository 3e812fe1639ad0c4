// Codes of the platform → what a person reads. Each code is named here once.

/** How a state feels; StatusTag gives every tone its own sign besides its colour. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet'
export interface Label {
  text: string
  tone: Tone
}
export type Labels = Readonly<Record<string, Label>>
export type Names = Readonly<Record<string, string>>

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

/** `second` stands for waiting once the first of the two has agreed. */
export const cardStates: Labels = {
  waiting: { text: '待核对', tone: 'warn' },
  second: { text: '待复核', tone: 'busy' },
  passed: { text: '已通过', tone: 'good' },
  failed: { text: '已退回', tone: 'bad' },
  void: { text: '已结束', tone: 'quiet' },
}

export const assuranceLevels: Labels = {
  none: { text: '未核验', tone: 'quiet' },
  real_name: { text: '已实名', tone: 'busy' },
  verified: { text: '已核验', tone: 'good' },
}

export const checkWays: Names = {
  real_name: '姓名与号码比对',
  tencent_face: '人脸核身',
  wechat_face: '微信人脸核身',
  card: '证件照片',
}

export const cardLooks: Names = { first: '待核对', second: '待复核', decided: '已结束' }

export const cardReasons: Names = {
  unclear: '照片不清楚或不完整',
  not_the_card: '不是所登记的证件',
  card_mismatch: '姓名或号码与档案不一致',
  card_expired: '证件已过有效期',
  suspect: '无法确认是原件',
  withdrawn: '客户已撤回',
  consent_revoked: '客户已撤回同意',
  expired: '到期没有核对',
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

/** The contract's message codes, as they stand in the log. */
export const messageCodes: Names = {
  103: '查无账号，对方已新建',
  104: '绑定失败',
  201: '预约日期不在可约范围',
  202: '体检预约失败',
  301: '查无记录',
  401: '客户信息不符',
  402: '体检指引保存失败',
  403: '消息生成失败',
  405: '消息发送失败',
  501: '有项目无法匹配',
  502: '结果保存失败',
  601: '报告保存失败',
  602: '报告保存失败',
  701: '项目明细保存失败',
}

export const directions: Names = { in: '收到', out: '发出' }

/** A secret of a credential. */
export const secretStates: Labels = {
  live: { text: '有效', tone: 'good' },
  ending: { text: '即将失效', tone: 'warn' },
  expired: { text: '已到期', tone: 'quiet' },
  revoked: { text: '已吊销', tone: 'quiet' },
}

/** How an exam system's last 24 hours look. */
export const vendorLights: Labels = {
  good: { text: '正常', tone: 'good' },
  some: { text: '有失败', tone: 'warn' },
  bad: { text: '故障', tone: 'bad' },
  silent: { text: '近 24 小时无调用', tone: 'quiet' },
  off: { text: '已停用', tone: 'quiet' },
}

export const mappingStates: Labels = {
  unmapped: { text: '未对照', tone: 'warn' },
  confirmed: { text: '已对照', tone: 'good' },
  needs_review: { text: '待复核', tone: 'bad' },
  rejected: { text: '无对应', tone: 'quiet' },
  disabled: { text: '已停用', tone: 'quiet' },
}

export const reviewReasons: Names = { renamed: '厂家改了名称', unit_changed: '厂家改了单位' }

export const resultTypes: Names = { numeric: '数值', ordinal: '等级', coded: '代码', text: '文字', image: '影像' }

export const changes: Names = { 1: '新增', 2: '修改', 3: '删除' }

export const bookingOrigins: Names = { platform: '客户在本平台预约', vendor: '体检机构登记' }

export const contactChannels: Names = {
  phone: '电话',
  in_person: '当面',
  wechat: '微信',
  sms: '短信',
  in_app: '站内消息',
  other: '其他',
}

/** lab 检验, exam 检查. */
export const itemKinds: Names = { lab: '检验', exam: '检查' }

/** How sure we are of a line of the catalogue or of a form. */
export const confidences: Labels = {
  'seen-2': { text: '两处来源一致', tone: 'good' },
  seen: { text: '一处来源', tone: 'quiet' },
  memory: { text: '凭记忆，待核对', tone: 'warn' },
  local: { text: '医院自建', tone: 'quiet' },
  'verified-in-2-sources': { text: '两处来源一致', tone: 'good' },
  '1-source': { text: '一处来源', tone: 'quiet' },
}

export const treeStates: Labels = {
  draft: { text: '草稿', tone: 'busy' },
  submitted: { text: '待审', tone: 'warn' },
  approved: { text: '现行', tone: 'good' },
  rejected: { text: '已退回', tone: 'bad' },
  superseded: { text: '已被新版取代', tone: 'quiet' },
}

export const elementTypes: Names = { coded: '代码', numeric: '数值', text: '文字', group: '分组' }

export const standardStates: Labels = {
  现行: { text: '现行', tone: 'good' },
  被替代: { text: '被替代', tone: 'quiet' },
  废止: { text: '废止', tone: 'bad' },
}

export const formKinds: Names = { questionnaire: '问卷', scale: '量表', document: '文书模板' }

export const formStates: Labels = {
  draft: { text: '草稿', tone: 'busy' },
  published: { text: '已发布', tone: 'good' },
  retired: { text: '已停用', tone: 'quiet' },
}

export const questionTypes: Names = {
  group: '分组',
  display: '说明文字',
  boolean: '是非题',
  choice: '选择题',
  'open-choice': '选择题（可自填）',
  integer: '整数',
  decimal: '小数',
  quantity: '数量（带单位）',
  date: '日期',
  string: '单行文字',
  text: '多行文字',
}

export const flagLevels: Labels = {
  info: { text: '提示', tone: 'quiet' },
  warning: { text: '注意', tone: 'warn' },
  urgent: { text: '当日处理', tone: 'bad' },
}

export const agreementKinds: Names = {
  data_use_agreement: '数据使用授权协议',
  privacy: '隐私政策',
  sensitive_data: '敏感个人信息处理同意书',
  identity_check: '身份核验同意书',
  face_check: '人脸信息处理单独同意书',
}

export const consentStates: Labels = {
  signed: { text: '已签署', tone: 'good' },
  none: { text: '未签署', tone: 'warn' },
  revoked: { text: '已撤回', tone: 'warn' },
}

export const consentChannels: Names = { h5: '手机网页', mini_program: '小程序', app: '应用', counter: '柜台' }

/** Where a line of a personalised list comes from. */
export const lineOrigins: Names = { base: '基本项目', x: '按规则', doctor: '医生添加' }

/** What was done about an important abnormal result. */
export const findingActions: Labels = {
  record: { text: '医生登记', tone: 'warn' },
  notify: { text: '通知本人', tone: 'busy' },
  acknowledge: { text: '本人确认知晓', tone: 'busy' },
  follow_up: { text: '随访', tone: 'good' },
  remeasure: { text: '复测血压', tone: 'busy' },
  escalate: { text: '超过期限未通知，已上报', tone: 'bad' },
  result_changed: { text: '体检系统更正了结果', tone: 'warn' },
  upgrade: { text: '升级为 A 类', tone: 'bad' },
  close: { text: '关闭', tone: 'quiet' },
}

/** How far a role reaches for the account that holds it. */
export const scopeKinds: Names = {
  all: '全部',
  institution: '本机构',
  department: '本科室及下级',
  own: '本人负责的客户',
  self: '本人',
}

/** A conversation, from its newest spell of service. */
export const conversationStates: Labels = {
  idle: { text: '未咨询过', tone: 'quiet' },
  waiting: { text: '排队中', tone: 'warn' },
  active: { text: '接待中', tone: 'good' },
  closed: { text: '已结束', tone: 'quiet' },
}

export const agentStates: Labels = {
  online: { text: '在线', tone: 'good' },
  paused: { text: '忙碌', tone: 'warn' },
  offline: { text: '离开', tone: 'quiet' },
}

/** What a customer asks about, and what an agent is there for. */
export const skills: Names = { general: '综合咨询', exam: '体检预约与报告', nursing: '护理服务', complaint: '投诉与建议' }

/** Why a spell of service ended; idle is given by the clock alone. */
export const endReasons: Names = {
  solved: '已解决',
  passed_on: '已转相关部门',
  unsolved: '未能解决',
  left: '客户离开',
  irrelevant: '无关内容',
  idle: '久未回复，自动结束',
  answered: '已自动回复',
  joined: '并入客户的会话',
}

/** The way by which a customer writes. */
export const messageChannels: Names = { app: '手机端', wechat: '微信' }

/** The ways out of the house. */
export const deliveryChannels: Names = { in_app: '站内消息', wechat: '微信', sms: '短信', email: '邮件' }

export const deliveryStates: Labels = {
  waiting: { text: '等待发送', tone: 'busy' },
  sending: { text: '发送中', tone: 'busy' },
  sent: { text: '对方已接收', tone: 'good' },
  delivered: { text: '已送达', tone: 'good' },
  failed: { text: '未送达', tone: 'bad' },
  skipped: { text: '未发送', tone: 'quiet' },
}

/** One try, as the service answered it. */
export const tryOutcomes: Labels = {
  accepted: { text: '对方已接收', tone: 'good' },
  refused: { text: '被拒绝', tone: 'bad' },
  unknown: { text: '没有应答', tone: 'warn' },
}

export const noticeSenders: Names = { tencent: '腾讯云短信', aliyun: '阿里云短信', smtp: '邮件服务器' }

/** What a template is called at the service that has approved it. */
export const channelTemplateKinds: Names = {
  template: '模板消息',
  subscription: '订阅通知',
  mini_subscription: '小程序订阅消息',
  sms: '短信模板',
}

export const transferKinds: Names = { transferred: '转接', taken_over: '主管接手', returned: '退回队列' }

export const actorKinds: Names = { staff: '职工', customer: '客户', app: '对接系统', system: '系统' }

export const modules: Names = {
  people: '客户档案',
  exams: '体检',
  health: '健康管理',
  exchange: '体检对接',
  catalog: '目录与对照',
  forms: '表单',
  notices: '消息',
  messaging: '客服会话',
  wechat: '微信',
  accounts: '账号与权限',
  main: '平台运行',
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
