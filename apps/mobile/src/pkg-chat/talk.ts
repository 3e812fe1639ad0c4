import type { Shape } from '@/api'

export type Message = Shape<'MessageView'>

/** What is being sent, or did not go; the key stays when it is tried again, so that it never arrives twice. */
export interface Outgoing {
  key: string
  kind: 'text' | 'image' | 'voice' | 'video'
  text?: string
  mediaId?: string
  failure: string
}

/** What is known after `fresh` was read: in order, each number once, the newer reading of it. */
export function merged(known: readonly Message[], fresh: readonly Message[]): Message[] {
  const bySeq = new Map([...known, ...fresh].map((message) => [message.seq, message]))
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}

const APART_MS = 5 * 60_000

/** A time stands above a message that comes long after the one before it. */
export function opensPart(message: Message, before: Message | undefined): boolean {
  return !before || Date.parse(message.created_at) - Date.parse(before.created_at) > APART_MS
}

export function newKey(): string {
  const random = () => Math.random().toString(36).slice(2, 10)
  return `m-${Date.now().toString(36)}-${random()}${random()}`
}

/** How the talk stands, in a person's words. */
export function standing(state: string, ahead: number): string {
  if (state === 'waiting') return ahead > 0 ? `正在为您接入人工客服，前面还有 ${ahead} 位` : '正在为您接入人工客服，您是下一位'
  if (state === 'active') return '人工客服正在为您服务'
  if (state === 'closed') return '上次服务已结束，发消息即可再次咨询'
  return '发消息即可咨询人工客服'
}
