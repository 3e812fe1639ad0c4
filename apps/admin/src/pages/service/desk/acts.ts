import { api, ok } from '@/api/client'
import { queryClient } from '@/api/query'
import type { Shape } from '@/api/types'
import { toast } from '@/components/toast'

export async function refreshTalks(): Promise<void> {
  await Promise.all(
    ['messaging.queue', 'messaging.messages'].map((topic) => queryClient.invalidateQueries({ queryKey: [topic] })),
  )
}

const of = (id: string) => ({ params: { path: { conversation_id: id } } })

/** Whether it worked. Lists and conversation are read again in any case: somebody else may have been faster. */
export async function claim(id: string): Promise<boolean> {
  try {
    await ok(api.POST('/api/admin/messaging/conversations/{conversation_id}/claim', of(id)))
    return true
  } catch (thrown) {
    toast.failed(thrown)
    return false
  } finally {
    await refreshTalks()
  }
}

export async function transfer(id: string, body: Shape<'TransferGiven'>): Promise<void> {
  await ok(api.POST('/api/admin/messaging/conversations/{conversation_id}/transfer', { ...of(id), body }))
  await refreshTalks()
}

export async function end(id: string, body: Shape<'Ending'>): Promise<void> {
  await ok(api.POST('/api/admin/messaging/conversations/{conversation_id}/end', { ...of(id), body }))
  await refreshTalks()
}

export async function takeOver(id: string, note: string): Promise<void> {
  await ok(api.POST('/api/admin/messaging/conversations/{conversation_id}/take-over', { ...of(id), body: { note } }))
  await refreshTalks()
}

export const markRead = (id: string, upTo: number) =>
  ok(api.POST('/api/admin/messaging/conversations/{conversation_id}/read', { ...of(id), body: { up_to: upTo } }))

const ofMessage = (id: string, messageId: string) => ({
  params: { path: { conversation_id: id, message_id: messageId } },
})

export const withdraw = (id: string, messageId: string) =>
  ok(
    api.POST(
      '/api/admin/messaging/conversations/{conversation_id}/messages/{message_id}/withdraw',
      ofMessage(id, messageId),
    ),
  )

export const resend = (id: string, messageId: string) =>
  ok(
    api.POST('/api/admin/messaging/conversations/{conversation_id}/messages/{message_id}/resend', ofMessage(id, messageId)),
  )
