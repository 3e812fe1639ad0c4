import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { api } from '@/api'
import { identity } from '@/api/identity'
import { onChange } from '@/live/changes'

/** The number on 消息, shared by the tab bars of all pages. */
export const useUnread = defineStore('unread', () => {
  const count = ref(0)

  async function load() {
    if (!identity.token || identity.kind === 'staff') return
    try {
      count.value = (await api.get('/api/patient/notices/unread-count')).unread
    } catch {
      // The badge is not worth an error message: it stays as it was until the next change.
    }
  }

  onChange(({ topic }) => {
    if (topic === undefined || topic === 'notices.notices') void load()
  })
  watch(
    () => [identity.token, identity.forPerson],
    () => {
      count.value = 0
      void load()
    },
    { immediate: true },
  )
  return { count }
})
