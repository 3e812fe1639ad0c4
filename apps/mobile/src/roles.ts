import { api } from '@/api'
import { forgetIdentity, identity } from '@/api/identity'

// Somebody of the staff who is a customer, too, has two accounts: the session of the one rests on the device while the other
// is used. Signing out ends both.

const KEY = 'kanghu.resting'

interface Resting {
  token: string
  kind: 'customer' | 'staff'
}

export function resting(): Resting | undefined {
  return (uni.getStorageSync(KEY) || undefined) as Resting | undefined
}

/** To the other account: its session goes on, or, when there is none, one signs in. True: it goes on. */
export function changePlaces(): boolean {
  const other = resting()
  const mine = identity.token && identity.kind ? { token: identity.token, kind: identity.kind } : undefined
  forgetIdentity()
  uni.setStorageSync(KEY, mine ?? '')
  if (other) Object.assign(identity, other)
  return other !== undefined
}

/** The one that has just signed in takes the place of one of its kind. */
export function dropResting(kind: string) {
  const other = resting()
  if (other?.kind === kind) endResting()
}

export function endResting() {
  const other = resting()
  uni.setStorageSync(KEY, '')
  // Without network it runs out by itself.
  if (other) api.post('/api/session/logout', { token: other.token }).catch(() => undefined)
}
