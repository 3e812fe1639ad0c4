import { queryOptions } from '@tanstack/vue-query'
import { api, ok } from '@/api/client'
import type { Shape } from '@/api/types'

// What the pages of conversations read. The first element of each key is the topic by which it is refreshed.

export type Conversation = Shape<'ConversationView'>
export type Detail = Shape<'ConversationDetail'>
export type Message = Shape<'StaffMessageView'>
export type Agent = Shape<'AgentView'>
export type Skill = Agent['skills'][number]

/** How many messages may still be sent on a channel that counts them, and until when; `until` null: none at all. */
export type Allowance = NonNullable<Detail['allowance']>

export const MOST = 100
const RECENT = 10

export const queueOf = () =>
  queryOptions({
    queryKey: ['messaging.queue', 'waiting'],
    queryFn: () => ok(api.GET('/api/admin/messaging/queue', { params: { query: { limit: MOST } } })),
  })

export const mine = () =>
  queryOptions({
    queryKey: ['messaging.messages', 'mine'],
    queryFn: () =>
      ok(api.GET('/api/admin/messaging/conversations', { params: { query: { mine: true, state: 'active', limit: MOST } } })),
  })

/** All that somebody serves. */
export const underWay = () =>
  queryOptions({
    queryKey: ['messaging.messages', 'under-way'],
    queryFn: () =>
      ok(api.GET('/api/admin/messaging/conversations', { params: { query: { state: 'active', limit: MOST } } })),
  })

export const myEnded = () =>
  queryOptions({
    queryKey: ['messaging.queue', 'my-ended'],
    queryFn: () =>
      ok(api.GET('/api/admin/messaging/conversations', { params: { query: { mine: true, state: 'closed', limit: RECENT } } })),
  })

export const detailOf = (id: string) =>
  queryOptions({
    queryKey: ['messaging.messages', 'one', id],
    queryFn: () =>
      ok(api.GET('/api/admin/messaging/conversations/{conversation_id}', { params: { path: { conversation_id: id } } })),
  })

export const agents = () =>
  queryOptions({
    queryKey: ['messaging.queue', 'agents'],
    queryFn: () => ok(api.GET('/api/admin/messaging/agents')),
  })

export const overview = () =>
  queryOptions({
    queryKey: ['messaging.queue', 'overview'],
    queryFn: () => ok(api.GET('/api/admin/messaging/overview')),
  })

export const quickReplies = () =>
  queryOptions({
    queryKey: ['messaging.quick_replies'],
    queryFn: () => ok(api.GET('/api/admin/messaging/quick-replies')),
    staleTime: 60_000,
  })

/** Some of a conversation's messages, in their order: the last ones, or those before a number. */
export const messagesOf = (id: string, before?: number) =>
  ok(
    api.GET('/api/admin/messaging/conversations/{conversation_id}/messages', {
      params: { path: { conversation_id: id }, query: { before } },
    }),
  )
