import { reactive, watch } from 'vue'

/** Who asks, and for whom: what the HTTP client puts on every request. Kept over restarts. */
export interface Identity {
  token: string
  /** The account behind the token; empty until the platform has told. */
  account: string
  /** What kind of account it is; empty until the platform has told. */
  kind: '' | 'customer' | 'staff'
  /** A family member the customer acts for; empty: themselves. */
  forPerson: string
  forName: string
}

const KEY = 'kanghu.identity'
const NOBODY: Identity = { token: '', account: '', kind: '', forPerson: '', forName: '' }

export const identity = reactive<Identity>({ ...NOBODY, ...(uni.getStorageSync(KEY) || {}) })

export function forgetIdentity() {
  Object.assign(identity, NOBODY)
}

watch(identity, (now) => uni.setStorageSync(KEY, { ...now }), { flush: 'sync' })
