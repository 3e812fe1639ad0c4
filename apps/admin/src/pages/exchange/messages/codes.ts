import { messageCodes, name } from '@/labels'

/** What a code of the contract means and what the IT desk does about it. */
export interface CodeExplained {
  code: string
  text: string
  advice: string
}

const advice: Readonly<Record<string, string>> = {
  103: '属正常：对方为客户新建了体检账号，无需处理。',
  104: '请客户核对姓名、性别、出生日期、证件号码是否与体检机构登记的一致，再重新绑定。',
  201: '请客户改选提示范围内的日期。',
  202: '按对方给出的原因处理：约满请改日，清单有误请医生调整后重新发送。',
  301: '请对方核对体检账号；客户尚未填写问卷的，请客户先完成问卷。',
  401: '请对方核对提示不符的字段，改正后重新推送；平台登记有误的，由客服更正档案。',
  402: '按提示的原因改正指引内容（如网址须为 https 且在允许的域名内）后重新推送。',
  403: '请查看平台的消息模板是否停用，随后重新处理这条报文。',
  405: '请查看消息渠道是否正常，随后重新处理这条报文。',
  501: '到「项目对照」为这些项目建立对照，等待的结果会自动入库。',
  502: '原文已留存，平台会自动重试；仍失败时按原因处理后点「重新处理」。',
  601: '原文已留存，平台会自动重试；仍失败时按原因处理后点「重新处理」。',
  602: '同 601。',
  701: '原文已留存，平台会自动重试；仍失败时点「重新处理」。',
}

export function explain(code: string): CodeExplained {
  return {
    code,
    text: name(messageCodes, code),
    advice: advice[code] ?? '这是接口约定之外的编号，请向对方核实含义。',
  }
}
