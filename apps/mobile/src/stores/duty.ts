import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { desk, type StaffShape } from '@/api'
import { identity } from '@/api/identity'
import { onChange } from '@/live/changes'

type Given = StaffShape<'PresenceGiven'>
const MINUTE_MS = 60_000
const FIRST: Given = { state: 'offline', skills: ['general', 'exam', 'nursing', 'complaint'], max_load: 5, auto_accept: false }

function buzz() {
  // #ifdef H5
  if (!navigator.userActivation?.hasBeenActive) return // a browser refuses before the first touch, and says so in the console
  // #endif
  uni.vibrateShort({ fail: () => undefined })
}

/** Whether the member of staff is there for customers, told every minute while the app is open; and how many messages wait. */
export const useDuty = defineStore('duty', () => {
  const now = ref<Given>()
  const unread = ref(0)
  const served = ref<StaffShape<'ConversationView'>[]>([])
  const there = computed(() => now.value !== undefined && now.value.state !== 'offline')

  function take(agent: StaffShape<'AgentView'> | null | undefined) {
    now.value = agent
      ? { state: agent.state, skills: agent.skills, max_load: agent.max_load, auto_accept: agent.auto_accept }
      : FIRST
  }

  /** Throws ApiError. */
  async function load() {
    take(await desk.get('/api/admin/messaging/presence'))
  }

  /** Throws ApiError. */
  async function change(wanted: Partial<Given>) {
    take(await desk.put('/api/admin/messaging/presence', { body: { ...(now.value ?? FIRST), ...wanted } }))
  }

  async function count() {
    if (!identity.token || identity.kind !== 'staff') return
    try {
      const query = { mine: true, state: 'active' as const, limit: 100 }
      served.value = (await desk.get('/api/admin/messaging/conversations', { query })).items
    } catch {
      return // the badge stays as it was until the next change
    }
    const before = unread.value
    unread.value = served.value.reduce((sum, one) => sum + one.unread, 0)
    if (unread.value > before && uni.getStorageSync(BUZZ) !== false) buzz()
  }

  setInterval(() => {
    if (there.value && identity.token && identity.kind === 'staff') change({}).catch(() => undefined) // the next minute tries again
  }, MINUTE_MS)
  onChange(({ topic }) => {
    if (topic === undefined || topic === 'messaging.messages') void count()
  })
  watch(
    () => [identity.token, identity.kind],
    () => {
      now.value = undefined
      unread.value = 0
      void count()
    },
    { immediate: true },
  )
  return { now, there, unread, load, change }
})

/** Whether this phone buzzes for a new message; unset: it does. */
export const BUZZ = 'kanghu.buzz'
