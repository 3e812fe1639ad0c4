// What the audit log calls `module.noun.verb`, in words. A code that is not named here is shown as it is.
import { modules, name } from '@/labels'

const nouns: Readonly<Record<string, string>> = {
  'people.person': '客户档案',
  'people.family': '家庭成员',
  'people.consent': '同意书',
  'people.agreement': '协议文本',
  'exams.booking': '体检预约',
  'exams.guide': '体检指引',
  'exams.result': '体检结果',
  'exams.report': '体检报告',
  'exams.account': '体检账号',
  'exams.capacity': '每日名额',
  'health.finding': '重要异常',
  'health.risk': '风险评估',
  'health.checklist': '体检清单',
  'health.record': '健康记录',
  'health.own': '本人健康资料',
  'exchange.vendor': '体检系统',
  'exchange.message': '对接报文',
  'exchange.staged': '待处理结果',
  'catalog.item': '体检项目',
  'catalog.tree': '语义扩展',
  'catalog.package': '项目组合',
  'catalog.mapping': '项目对照',
  'forms.form': '表单',
  'forms.response': '答卷',
  'notices.notice': '消息',
  'notices.template': '消息模板',
  'notices.sms': '短信',
  'accounts.session': '登录',
  'accounts.password': '密码',
  'accounts.totp': '动态口令',
  'accounts.account': '账号',
  'accounts.grant': '账号的角色',
  'accounts.role': '角色',
  'accounts.institution': '机构',
  'accounts.department': '科室',
  'accounts.app': '厂家接口凭证',
  'accounts.secret': '厂家接口密钥',
  'accounts.phone_code': '短信验证码',
  'accounts.audit': '审计日志',
  'accounts.access': '权限判定',
  'main.job': '失败的后台任务',
}

const verbs: Readonly<Record<string, string>> = {
  read: '查看',
  list: '列出',
  search: '查找',
  reveal: '查看完整',
  open: '打开',
  explain: '查询',
  check: '校验',
  create: '新建',
  make: '生成',
  add: '增加',
  register: '登记',
  enrol: '建档',
  change: '修改',
  correct: '更正',
  update: '修改',
  write: '修改',
  mark: '标记已读',
  confirm: '确认',
  complete: '提交',
  submit: '提交',
  approve: '批准',
  reject: '退回',
  discard: '放弃',
  drop: '放弃',
  delete: '删除',
  remove: '删除',
  publish: '发布',
  retire: '停用',
  request: '申请',
  cancel: '取消',
  send: '发送',
  refuse: '拒绝',
  assess: '进行',
  found: '发现',
  handle: '处置',
  release: '放行',
  assign: '认领',
  replay: '重新处理',
  retry: '重新执行',
  bind: '绑定',
  unbind: '解除绑定',
  close: '退出',
  revoke: '撤销',
  reset: '重置',
  start: '开始登记',
  enable: '启用',
  disable: '停用',
  unlock: '解除登录暂停：',
  use: '使用',
  issue_activation: '发放激活码：',
  rotate: '更换',
}

// Where putting the two together would not be Chinese.
const whole: Readonly<Record<string, string>> = {
  'accounts.session.open': '登录',
  'accounts.session.close': '退出登录',
  'accounts.session.refuse': '登录被拒绝',
  'accounts.session.revoke': '结束登录会话',
  'accounts.password.refuse': '修改密码被拒绝',
  'accounts.totp.confirm': '启用动态口令',
  'accounts.grant.change': '设定账号的角色',
  'exams.booking.request': '提交体检预约',
  'exchange.message.open': '查看报文原文',
}

export function actionName(code: string): string {
  if (whole[code]) return whole[code]
  const cut = code.lastIndexOf('.')
  const noun = nouns[code.slice(0, cut)]
  const verb = verbs[code.slice(cut + 1)]
  return noun && verb ? verb + noun : code
}

/** The nouns by module, to narrow the log to: the value is how the codes begin. */
export const subjects = Object.keys(modules).map((module) => ({
  module,
  title: name(modules, module),
  nouns: Object.entries(nouns)
    .filter(([noun]) => noun.startsWith(`${module}.`))
    .map(([noun, label]) => ({ value: `${noun}.`, label })),
}))
