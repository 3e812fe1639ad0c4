import { api, asApiError, type Shape } from '@/api'
import { identity } from '@/api/identity'

// Signing in by WeChat. WeChat's proof of who somebody is can be used once, so who is not known by it yet gets an offer from
// the platform: good for ten minutes, and bound when they have signed in another way.

export type Choice = Shape<'WechatChoice'>
export type Outcome = Shape<'WechatSignedIn'>

const KEY = 'kanghu.wechat'

/** What must outlive the way to WeChat and back. */
interface Kept {
  /** Where one wanted to go. */
  back?: string
  /** One has signed in and only binds. */
  binding?: boolean
  /** Waits for signing in another way. */
  offer?: string
}

export function keptForWechat(): Kept {
  return (uni.getStorageSync(KEY) || {}) as Kept
}

export function keepForWechat(kept: Kept) {
  uni.setStorageSync(KEY, kept)
}

/** Whether the page is shown by WeChat's own browser. */
export function inWechat(): boolean {
  let found = false
  // #ifdef H5
  found = /MicroMessenger/i.test(navigator.userAgent)
  // #endif
  return found
}

/** H5: away to WeChat, which sends the visitor back to /sign-in/wechat. Throws ApiError. */
export async function leaveForWechat(account: string, kept: Kept) {
  const { url } = await api.post('/api/session/wechat/start/{account_id}', { path: { account_id: account }, token: '' })
  keepForWechat(kept)
  window.location.href = url
}

/** Mini-program: who it is, by WeChat's word. Throws ApiError. */
export async function askWechat(account: string): Promise<Outcome> {
  const code = await new Promise<string>((resolve, reject) => {
    uni.login({ provider: 'weixin', success: (given) => resolve(given.code), fail: () => reject(new Error('wx.login')) })
  })
  return api.post('/api/session/wechat/mini-program', { body: { account_id: account, code }, token: '' })
}

/** Mini-program: which of the hospital's accounts this is. */
export function isThisProgram(choice: Choice): boolean {
  return choice.kind === 'mini_program' && choice.appid === uni.getAccountInfoSync().miniProgram.appId
}

/** Binds the WeChat that waits for it, once one has signed in; what went wrong, in words. */
export async function bindOffered(): Promise<string> {
  const { offer } = keptForWechat()
  if (!offer) return ''
  keepForWechat({})
  if (identity.kind !== 'customer') return '您登录的是员工账号，微信只能与客户账号绑定，所以没有绑定'
  try {
    await api.post('/api/session/wechat/bindings', { body: { offer } })
    uni.showToast({ title: '微信已绑定', icon: 'none' })
    return ''
  } catch (thrown) {
    return `您已登录，但微信没有绑定：${asApiError(thrown).message}`
  }
}

/**
 * Binds to the account that has signed in what WeChat said; `bound` when it was before. Throws ApiError.
 * `taken`: that WeChat belongs to another account, whose session was opened by asking and ends here.
 */
export async function bindTo(outcome: Outcome): Promise<'done' | 'bound' | 'taken'> {
  if (!outcome.session) {
    await api.post('/api/session/wechat/bindings', { body: { offer: outcome.offer ?? '' } })
    return 'done'
  }
  await api.post('/api/session/logout', { token: outcome.session.token }).catch(() => undefined)
  return outcome.session.account_id === identity.account ? 'bound' : 'taken'
}
