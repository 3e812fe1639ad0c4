/** How the talk stands, in a person's words. */
export function standing(state: string, ahead: number): string {
  if (state === 'waiting') return ahead > 0 ? `正在为您接入人工客服，前面还有 ${ahead} 位` : '正在为您接入人工客服，您是下一位'
  if (state === 'active') return '人工客服正在为您服务'
  if (state === 'closed') return '上次服务已结束，发消息即可再次咨询'
  return '发消息即可咨询人工客服'
}
