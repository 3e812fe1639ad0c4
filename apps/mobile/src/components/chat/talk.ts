import type { Shape } from '@/api'

/** A message as both sides see it. */
export type Said = Shape<'MessageView'>

/** What is being sent, or did not go; the key stays when it is tried again, so that it never arrives twice. */
export interface Outgoing {
  key: string
  kind: 'text' | 'image' | 'voice' | 'video'
  text?: string
  mediaId?: string
  failure: string
}

/** What is known after `fresh` was read: in order, each number once, the newer reading of it. */
export function merged<M extends { seq: number }>(known: readonly M[], fresh: readonly M[]): M[] {
  const bySeq = new Map([...known, ...fresh].map((message) => [message.seq, message]))
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}

const APART_MS = 5 * 60_000

/** A time stands above a message that comes long after the one before it. */
export function opensPart(message: Said, before: Said | undefined): boolean {
  return !before || Date.parse(message.created_at) - Date.parse(before.created_at) > APART_MS
}

export function newKey(): string {
  const random = () => Math.random().toString(36).slice(2, 10)
  return `m-${Date.now().toString(36)}-${random()}${random()}`
}

const WITHDRAW_MS = 2 * 60_000

/** Who said it may take it back for two minutes. */
export function withdrawable(message: Said, mine: Said['direction']): boolean {
  if (message.kind === 'system' || message.withdrawn_at || message.direction !== mine) return false
  return Date.now() - Date.parse(message.created_at) < WITHDRAW_MS
}
