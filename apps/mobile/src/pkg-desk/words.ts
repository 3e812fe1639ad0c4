import type { StaffShape } from '@/api'

export type Conversation = StaffShape<'ConversationView'>
export type Skill = StaffShape<'AgentView'>['skills'][number]
export type Presence = StaffShape<'PresenceGiven'>

export const SKILLS: Record<Skill, string> = { general: '综合咨询', exam: '体检预约与报告', nursing: '护理服务', complaint: '投诉与建议' }
export const STATES: Record<string, string> = { idle: '未咨询过', waiting: '排队中', active: '接待中', closed: '已结束' }
export const CHANNELS: Record<string, string> = { app: '手机端', wechat: '微信' }
export const DUTY: Record<Presence['state'], string> = { online: '在线', paused: '忙碌', offline: '离开' }
/** Why a spell of service ended, as an agent may say. */
export const REASONS: Record<StaffShape<'Ending'>['reason'], string> = {
  solved: '已解决',
  passed_on: '已转相关部门',
  unsolved: '未能解决',
  left: '客户离开',
  irrelevant: '无关内容',
}
export const HANDED: Record<string, string> = { transferred: '转接', taken_over: '主管接手', returned: '退回队列' }

/** 40 秒, 5 分钟, 2 小时 5 分: how long somebody has waited. */
export function waited(since: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000))
  if (seconds < 60) return `${seconds} 秒`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} 分钟`
  const rest = minutes % 60
  return `${Math.floor(minutes / 60)} 小时${rest ? ` ${rest} 分` : ''}`
}

const HOUR_MS = 3_600_000

/** What the customer's channel still takes from us: how many, and how long. */
export function windowOf(meter: StaffShape<'AllowanceView'>, now: number): { text: string; tone: 'info' | 'warning' } {
  const remaining = meter.until ? Date.parse(meter.until) - now : 0
  if (meter.left <= 0 || remaining <= 0) {
    return { text: '微信的回复窗口已关闭：消息不会出现在微信里；客户绑定过账号的，另发通知请其到手机端看', tone: 'warning' }
  }
  const hours = Math.floor(remaining / HOUR_MS)
  const time = hours > 0 ? `${hours} 小时内` : `${Math.max(1, Math.ceil(remaining / 60_000))} 分钟内`
  const scarce = meter.left <= 1 || remaining < HOUR_MS
  return { text: `还可回复 ${meter.left} 条，${time}；客户再来消息后重新计算`, tone: scarce ? 'warning' : 'info' }
}
