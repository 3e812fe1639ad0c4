import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, type Shape } from '@/api'
import { forgetIdentity, identity } from '@/api/identity'
import { forgetKept } from '@/kept'
import { dropResting, endResting } from '@/roles'

/** Who is signed in, and for whom they act. */
export const useSession = defineStore('session', () => {
  const me = ref<Shape<'Me'>>()
  const signedIn = computed(() => identity.token !== '')
  const actingName = computed(() => identity.forName || me.value?.display_name || '')

  function opened(session: Shape<'SessionOpened'>) {
    forgetIdentity()
    me.value = undefined
    identity.token = session.token
  }

  async function signIn(login: string, password: string, totp?: string) {
    opened(await api.post('/api/session/login', { body: { login, password, code: totp } }))
    await loadMe()
  }

  async function signInByPhone(phone: string, code: string, totp?: string) {
    opened(await api.post('/api/session/phone-login', { body: { phone, code, totp } }))
    await loadMe()
  }

  async function enter(session: Shape<'SessionOpened'>) {
    opened(session)
    await loadMe()
  }

  async function loadMe() {
    if (!identity.token) return
    me.value = await api.get('/api/session/me')
    identity.account = me.value.account_id ?? ''
    identity.kind = me.value.kind === 'staff' ? 'staff' : 'customer'
    dropResting(identity.kind)
  }

  async function signOut() {
    try {
      await api.post('/api/session/logout')
    } catch {
      // Without network the session ends on this device all the same; on the platform it runs out by itself.
    }
    endResting()
    forgetIdentity()
    forgetKept()
    me.value = undefined
  }

  /** Staff: what the platform lets them do; it decides again at every request. */
  function can(permission: string): boolean {
    return me.value !== undefined && permission in me.value.permissions
  }

  /** Act for a family member, or for oneself again. */
  function actFor(member?: { person_id: string; name: string }) {
    Object.assign(identity, { forPerson: member?.person_id ?? '', forName: member?.name ?? '' })
  }

  return { me, signedIn, actingName, opened, signIn, signInByPhone, enter, loadMe, signOut, actFor, can }
})
