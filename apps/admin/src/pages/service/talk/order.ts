/** Anything with its number in the conversation. */
interface Numbered {
  seq: number
}

/** What is known of a conversation after `fresh` was read: in order, each number once, the newer reading of it. */
export function merged<M extends Numbered>(known: readonly M[], fresh: readonly M[]): M[] {
  const bySeq = new Map([...known, ...fresh].map((message) => [message.seq, message]))
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}

/** Whether messages are missing between what is known and a later piece. */
export function hasGap(known: readonly Numbered[], piece: readonly Numbered[]): boolean {
  const newest = known[known.length - 1]
  const first = piece[0]
  return newest !== undefined && first !== undefined && first.seq > newest.seq + 1
}

const APART_MS = 5 * 60_000

/** A time stands above a message that comes long after the one before it. */
export function opensPart(message: { created_at: string }, before: { created_at: string } | undefined): boolean {
  return !before || Date.parse(message.created_at) - Date.parse(before.created_at) > APART_MS
}

/** 40 秒, 5 分钟, 2 小时 5 分: how long somebody has waited. */
export function waited(since: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000))
  if (seconds < 60) return `${seconds} 秒`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} 分钟`
  const rest = minutes % 60
  return `${Math.floor(minutes / 60)} 小时${rest ? ` ${rest} 分` : ''}`
}
