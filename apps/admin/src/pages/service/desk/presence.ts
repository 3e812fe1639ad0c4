import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed } from 'vue'
import { api, ok } from '@/api/client'
import { queryClient } from '@/api/query'
import { token } from '@/api/token'
import type { Shape } from '@/api/types'
import { skills } from '@/labels'
import type { Agent, Skill } from '../queries'

type Given = Shape<'PresenceGiven'>

const KEY = ['messaging.presence']
const MINUTE_MS = 60_000
const FIRST: Given = { state: 'offline', skills: Object.keys(skills) as Skill[], max_load: 5, auto_accept: false }

const given = (agent: Agent | null | undefined): Given =>
  agent ? { state: agent.state, skills: agent.skills, max_load: agent.max_load, auto_accept: agent.auto_accept } : FIRST

async function report(wanted: Given): Promise<void> {
  queryClient.setQueryData(KEY, await ok(api.PUT('/api/admin/messaging/presence', { body: wanted })))
}

// Goes on while another page of the console is open: whoever looks up a booking has not left.
let beat: ReturnType<typeof setInterval> | undefined

function keepReporting() {
  beat ??= setInterval(() => {
    const known = queryClient.getQueryData<Agent | null>(KEY)
    if (!token.read() || !known || known.state === 'offline') return
    report(given(known)).catch(() => undefined) // the next minute tries again, and the header says that there is no line
  }, MINUTE_MS)
}

/** Whether I am there for customers, and for which. */
export function usePresence() {
  const queries = useQueryClient()
  const query = useQuery({
    queryKey: KEY,
    queryFn: () => ok(api.GET('/api/admin/messaging/presence')),
    staleTime: MINUTE_MS,
    gcTime: Infinity,
  })
  keepReporting()

  const now = computed(() => given(query.data.value))
  return {
    query,
    now,
    change: async (wanted: Partial<Given>) => {
      await report({ ...now.value, ...wanted })
      await queries.invalidateQueries({ queryKey: ['messaging.queue'] })
    },
  }
}
