import { reactive } from 'vue'
import { api, call, ok } from '@/api/client'
import { told } from '@/api/error'
import type { Message } from '../queries'

/** What is being sent. The key stays the same when it is tried again, so that it never arrives twice. */
export interface Outgoing {
  key: string
  kind: 'text' | 'image' | 'voice' | 'video' | 'card'
  text?: string
  file?: File
  card?: { kind: 'booking' | 'report'; id: string; title: string }
  mediaId?: string
  /** Why it did not go; empty while it is under way. */
  failure: string
}

/** What was typed and not sent yet, and what did not go: of each conversation, as long as this tab is open. */
interface Kept {
  text: string
  outbox: Outgoing[]
}

const kept = reactive(new Map<string, Kept>())

/** `account`: the next one who signs in at this computer finds nothing. */
export function keptOf(account: string, conversation: string): Kept {
  const name = `${account}/${conversation}`
  if (!kept.has(name)) kept.set(name, { text: '', outbox: [] })
  return kept.get(name)!
}

export function newKey(): string {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-')
}

export async function send(conversation: string, out: Outgoing): Promise<Message> {
  out.failure = ''
  try {
    if (out.file && !out.mediaId) out.mediaId = await upload(conversation, out.kind, out.file)
    return await ok(
      api.POST('/api/admin/messaging/conversations/{conversation_id}/messages', {
        params: { path: { conversation_id: conversation } },
        body: {
          client_key: out.key,
          kind: out.kind,
          text: out.text,
          media_id: out.mediaId,
          card: out.card && { kind: out.card.kind, id: out.card.id },
        },
      }),
    )
  } catch (thrown) {
    out.failure = told(thrown)
    throw thrown
  }
}

async function upload(conversation: string, kind: string, file: File): Promise<string> {
  const response = await call(`/api/admin/messaging/conversations/${conversation}/media/${kind}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/octet-stream' },
    body: file,
  })
  return ((await response.json()) as { id: string }).id
}
