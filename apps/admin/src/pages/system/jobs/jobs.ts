/** What a background job does, and what it means that it did not get done. */
const known: Readonly<Record<string, { title: string; meaning: string }>> = {
  'exchange.send_appointment': { title: '向体检系统发送预约（K2）', meaning: '客户的预约还没有送到体检机构。' },
  'exchange.reprocess': { title: '重新处理暂存的结果', meaning: '一部分体检结果还没有入库。' },
  'notices.send_phone_code': { title: '发送短信验证码', meaning: '客户没有收到验证码，可以重新获取。' },
  'accounts.check_audit_chain': { title: '校验审计链', meaning: '最近一次审计链校验没有完成。' },
  'kernel.hand_out': { title: '分发业务事件', meaning: '后续处理（入库、评估、通知）停在这里。' },
}

export const jobTitle = (code: string) => known[code]?.title ?? code
export const jobMeaning = (code: string) => known[code]?.meaning ?? '这项后台工作没有完成，重新执行之前不会自己继续。'
