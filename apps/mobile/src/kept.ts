import { identity } from '@/api/identity'

// What a page must still know without network: drafts not yet sent, the guide for the exam day. Only one account's things
// are on a device at a time; signing out takes them away (stores/session.ts).

const KEY = 'kanghu.kept'

interface Kept {
  account: string
  entries: Record<string, unknown>
}

function all(): Kept {
  const stored = (uni.getStorageSync(KEY) || undefined) as Kept | undefined
  return stored?.account === identity.account ? stored : { account: identity.account, entries: {} }
}

/** Entries are apart for each family member one acts for. */
function nameOf(name: string): string {
  return `${identity.forPerson}/${name}`
}

export function kept<T>(name: string): T | undefined {
  return identity.account ? (all().entries[nameOf(name)] as T | undefined) : undefined
}

/** `undefined` takes it away. */
export function keep(name: string, value: unknown) {
  if (!identity.account) return
  const now = all()
  if (value === undefined) delete now.entries[nameOf(name)]
  else now.entries[nameOf(name)] = value
  uni.setStorageSync(KEY, now)
}

export function forgetKept() {
  uni.setStorageSync(KEY, '')
}
