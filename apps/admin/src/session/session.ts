import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, ok } from '@/api/client'
import { queryClient } from '@/api/query'
import { token } from '@/api/token'
import type { Shape } from '@/api/types'
import { stopLive } from '@/live/live'

/** Who is signed in and what they may do. The server decides every call anew; this only keeps useless doors out of sight. */
export const useSession = defineStore('session', () => {
  const me = ref<Shape<'Me'> | null>(null)

  /** `can('health.finding.read')`; with several: whether any of them. */
  function can(permission: string | readonly string[]): boolean {
    const wanted = typeof permission === 'string' ? [permission] : permission
    return wanted.some((one) => one in (me.value?.permissions ?? {}))
  }

  async function load(): Promise<void> {
    me.value = await ok(api.GET('/api/session/me'))
  }

  async function signIn(login: string, password: string, code?: string): Promise<void> {
    const opened = await ok(api.POST('/api/session/login', { body: { login, password, code } }))
    drop()
    token.keep(opened.token)
    await load()
  }

  async function signOut(): Promise<void> {
    // Whatever the server answers, this tab forgets.
    await api.POST('/api/session/logout').catch(() => undefined)
    drop()
  }

  /** Forgets the session and everything that was read with it. */
  function drop(): void {
    stopLive()
    token.drop()
    me.value = null
    queryClient.clear()
  }

  return { me, name: computed(() => me.value?.display_name ?? ''), can, load, signIn, signOut, drop }
})
