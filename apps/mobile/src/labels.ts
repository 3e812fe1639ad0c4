/** Codes of the platform → what people read. The one place for both apps' mobile pages. */

export const BOOKING_STATES: Record<string, string> = {
  requested: '待医生确认',
  sending: '正在提交体检机构',
  booked: '预约成功',
  failed: '预约未成功',
  cancelled: '已取消',
}

export const RELATIONS: Record<string, string> = {
  spouse: '配偶',
  child: '子女',
  parent: '父母',
  grandparent: '祖辈',
  grandchild: '孙辈',
  sibling: '兄弟姐妹',
  other: '其他',
}

export const CONSENT_KINDS: Record<string, string> = {
  data_use_agreement: '数据使用授权协议',
  privacy: '隐私政策',
  sensitive_data: '敏感个人信息处理同意书',
  identity_check: '身份核验同意书',
  face_check: '人脸信息处理单独同意书',
}

export const SEXES: Record<string, string> = { '0': '未知', '1': '男', '2': '女', '9': '未说明' }

/** How a value stands to its range: an arrow and a word, since colour alone tells nothing. */
export interface FlagLook {
  arrow: string
  word: string
  tone: 'quiet' | 'warning' | 'danger'
}

export const FLAGS: Record<string, FlagLook> = {
  N: { arrow: '', word: '正常', tone: 'quiet' },
  H: { arrow: '↑', word: '偏高', tone: 'warning' },
  L: { arrow: '↓', word: '偏低', tone: 'warning' },
  HH: { arrow: '↑↑', word: '显著偏高', tone: 'danger' },
  LL: { arrow: '↓↓', word: '显著偏低', tone: 'danger' },
  A: { arrow: '!', word: '异常', tone: 'warning' },
}
