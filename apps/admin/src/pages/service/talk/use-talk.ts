import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, ref, shallowRef, watch } from 'vue'
import type { ApiError } from '@/api/error'
import { messagesOf, type Message } from '../queries'
import { hasGap, merged } from './order'

/**
 * The messages of one conversation: its end is read again whenever something changes, what is older is added page by page.
 * What is shown has no hole, however long this page was away.
 */
export function useTalk(id: string) {
  const queries = useQueryClient()
  const key = ['messaging.messages', 'tail', id]
  const tail = useQuery({ queryKey: key, queryFn: () => messagesOf(id), staleTime: 0 })
  const messages = shallowRef<Message[]>([])
  const hasOlder = ref(false)
  const reading = ref(false)
  const trouble = shallowRef<ApiError | null>(null)

  watch(() => tail.data.value, (page) => page && void take(page), { immediate: true })

  async function take(page: { items: Message[]; more: boolean }) {
    let { items, more } = page
    while (more && hasGap(messages.value, items)) {
      const before = await messagesOf(id, items[0]!.seq)
      items = [...before.items, ...items]
      more = before.more
    }
    if (messages.value.length === 0) hasOlder.value = more
    messages.value = merged(messages.value, items)
  }

  async function older() {
    const first = messages.value[0]
    if (!first || !hasOlder.value || reading.value) return
    reading.value = true
    trouble.value = null
    try {
      const page = await messagesOf(id, first.seq)
      hasOlder.value = page.more
      messages.value = merged(messages.value, page.items)
    } catch (thrown) {
      trouble.value = thrown as ApiError
    } finally {
      reading.value = false
    }
  }

  return {
    messages,
    hasOlder,
    reading,
    trouble,
    older,
    /** Puts one in that the platform has just answered with, without waiting for the news of it. */
    put: (message: Message) => (messages.value = merged(messages.value, [message])),
    refresh: () => queries.invalidateQueries({ queryKey: key }),
    error: computed(() => (messages.value.length ? null : tail.error.value)),
    pending: tail.isPending,
    retry: () => tail.refetch(),
  }
}

export type Talk = ReturnType<typeof useTalk>
