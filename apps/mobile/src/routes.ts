import { identity } from '@/api/identity'

/** The addresses of all pages, so that nobody spells one by hand. */
export const TABS = {
  home: '/pages/home',
  service: '/pages/service',
  notices: '/pages/notices',
  health: '/pages/health',
  mine: '/pages/mine',
} as const
export type Tab = keyof typeof TABS

/** What customer service and nurses have at the bottom: pages of their sub-package, which is loaded for nobody else. */
export const DESK_TABS = {
  talks: '/pkg-desk/talks',
  contacts: '/pkg-desk/contacts',
  me: '/pkg-desk/me',
} as const
export type DeskTab = keyof typeof DESK_TABS

export const ROUTES = {
  signIn: '/pages/sign-in',
  /** H5: WeChat sends its visitors there. */
  wechat: '/sign-in/wechat',

  binding: '/pkg-exam/binding',
  sign: (vendorId: string) => `/pkg-exam/sign?vendor=${vendorId}`,
  forms: '/pkg-exam/forms',
  questionnaire: (code: string) => `/pkg-exam/questionnaire?code=${code}`,
  response: (responseId: string) => `/pkg-exam/response?response=${responseId}`,
  booking: '/pkg-exam/booking',
  changeDate: (bookingId: string) => `/pkg-exam/booking?change=${bookingId}`,
  bookings: '/pkg-exam/bookings',
  checklist: '/pkg-exam/checklist',
  guide: (bookingId: string) => `/pkg-exam/guide?booking=${bookingId}`,

  results: (bookingId: string) => `/pkg-health/results?booking=${bookingId}`,
  trend: (itemCode: string) => `/pkg-health/trend?item=${encodeURIComponent(itemCode)}`,
  risks: '/pkg-health/risks',
  report: (bookingId: string) => `/pkg-health/report?booking=${bookingId}`,
  findings: '/pkg-health/findings',

  /** The talk with the hospital; with the conversation that a notice speaks of. */
  chat: (conversationId?: string) => (conversationId ? `/pkg-chat/chat?conversation=${conversationId}` : '/pkg-chat/chat'),

  deskPast: '/pkg-desk/past',
  deskTalk: (conversationId: string) => `/pkg-desk/talk?conversation=${conversationId}`,
  deskTransfer: (conversationId: string) => `/pkg-desk/transfer?conversation=${conversationId}`,
  deskEnd: (conversationId: string) => `/pkg-desk/end?conversation=${conversationId}`,
  deskReplies: (conversationId: string) => `/pkg-desk/replies?conversation=${conversationId}`,
  deskCustomer: (conversationId: string, personId: string) => `/pkg-desk/customer?conversation=${conversationId}&person=${personId}`,

  signUp: '/pkg-account/sign-up',
  resetPassword: '/pkg-account/reset-password',
  agreement: (kind: string) => `/pkg-account/agreement?kind=${kind}`,
  consents: '/pkg-account/consents',
  family: '/pkg-account/family',
  realName: '/pkg-account/real-name',
  identity: '/pkg-account/identity',
  idCard: '/pkg-account/id-card',
  settings: '/pkg-account/settings',
  noticeSettings: '/pkg-account/notice-settings',
}

/** What can be seen without signing in. */
const OPEN: string[] = [ROUTES.signIn, ROUTES.wechat, ROUTES.signUp, ROUTES.resetPassword, '/pkg-account/agreement']

export function pathOf(url: string): string {
  const path = url.split('?')[0] ?? ''
  return path.startsWith('/') ? path : `/${path}`
}

export function needsSignIn(url: string): boolean {
  return !OPEN.includes(pathOf(url))
}

export function isTab(url: string): boolean {
  return (Object.values(TABS) as string[]).includes(pathOf(url))
}

/** To a page, whatever kind it is. */
export function go(url: string) {
  if (isTab(url)) uni.switchTab({ url: pathOf(url) })
  else uni.navigateTo({ url })
}

/** One page back, or to 首页 when this one was opened from outside. */
export function goBack() {
  if (getCurrentPages().length > 1) uni.navigateBack()
  else goHome()
}

/** The first page of the one who has signed in. */
export function goHome() {
  if (identity.kind === 'staff') uni.reLaunch({ url: DESK_TABS.talks })
  else uni.switchTab({ url: TABS.home })
}

/** Whether a page is for the other kind of account. */
export function isForOthers(url: string): boolean {
  const isOfDesk = pathOf(url).startsWith('/pkg-desk/')
  if (identity.kind === 'staff') return isTab(url) || pathOf(url) === '/'
  return identity.kind === 'customer' && isOfDesk
}

export function toSignIn(back: string) {
  const asked = needsSignIn(back) && back !== TABS.home ? `?back=${encodeURIComponent(back)}` : ''
  uni.reLaunch({ url: ROUTES.signIn + asked })
}

/** Where one wanted to go before signing in; only pages of ours. */
export function afterSignIn(back: string | undefined) {
  const url = back && /^\/p(?:ages|kg-\w+)\//.test(back) && !isForOthers(back) ? back : ''
  if (!url) goHome()
  else if (isTab(url)) uni.switchTab({ url: pathOf(url) })
  else uni.reLaunch({ url })
}

/** The page that is open, with its query. */
export function currentUrl(): string {
  const page = getCurrentPages().slice(-1)[0] as { route?: string; $page?: { fullPath?: string } } | undefined
  return page?.$page?.fullPath ?? (page?.route ? `/${page.route}` : TABS.home)
}

/**
 * Every way to a page leads past this: who is not signed in lands on 登录 and comes back afterwards, who has the other kind of
 * account lands on the first page of theirs.
 */
export function installGuard() {
  for (const method of ['navigateTo', 'redirectTo', 'reLaunch', 'switchTab']) {
    uni.addInterceptor(method, {
      invoke({ url }: { url: string }) {
        if (!identity.token && needsSignIn(url)) toSignIn(url)
        else if (identity.token && isForOthers(url)) goHome()
        else return true
        return false
      },
    })
  }
}
