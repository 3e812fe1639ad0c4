import { beforeEach, describe, expect, it, vi } from 'vitest'
import { forgetIdentity, identity } from '@/api/identity'
import { noticeTarget } from '@/notice-target'
import { afterSignIn, go, installGuard, needsSignIn } from '@/routes'

beforeEach(() => {
  vi.mocked(uni.reLaunch).mockReset()
  vi.mocked(uni.switchTab).mockReset()
  forgetIdentity()
})

describe('the guard', () => {
  installGuard()
  const [, { invoke }] = vi.mocked(uni.addInterceptor).mock.calls[0] as unknown as [string, { invoke: (to: { url: string }) => boolean }]

  it('stands before every way to a page', () => {
    expect(vi.mocked(uni.addInterceptor).mock.calls.map(([method]) => method)).toEqual(['navigateTo', 'redirectTo', 'reLaunch', 'switchTab'])
  })

  it('leads to sign-in and remembers the way', () => {
    expect(invoke({ url: '/pkg-health/report?booking=7' })).toBe(false)
    expect(uni.reLaunch).toHaveBeenCalledWith({ url: '/pages/sign-in?back=%2Fpkg-health%2Freport%3Fbooking%3D7' })
  })

  it('lets through who is signed in, and everybody to the open pages', () => {
    expect(invoke({ url: '/pkg-account/sign-up' })).toBe(true)
    identity.token = 't'
    expect(invoke({ url: '/pages/home' })).toBe(true)
  })

  it('closes what it does not know', () => {
    expect(needsSignIn('pkg-account/sign-up-later')).toBe(true)
  })
})

describe('the two kinds of account', () => {
  const [, { invoke }] = vi.mocked(uni.addInterceptor).mock.calls[0] as unknown as [string, { invoke: (to: { url: string }) => boolean }]

  it.each([
    ['staff', '/pages/home', false],
    ['staff', '/', false],
    ['staff', '/pkg-desk/talks', true],
    ['staff', '/pkg-account/settings', true],
    ['customer', '/pkg-desk/talk?conversation=7', false],
    ['customer', '/pages/mine', true],
    ['', '/pkg-desk/talks', true],
  ] as const)('%s at %s', (kind, url, letIn) => {
    Object.assign(identity, { token: 't', kind })
    expect(invoke({ url })).toBe(letIn)
  })

  it('each come home to their own', () => {
    Object.assign(identity, { token: 't', kind: 'staff' })
    afterSignIn('/pages/mine')
    expect(uni.reLaunch).toHaveBeenLastCalledWith({ url: '/pkg-desk/talks' })
    afterSignIn('/pkg-desk/past')
    expect(uni.reLaunch).toHaveBeenLastCalledWith({ url: '/pkg-desk/past' })
    identity.kind = 'customer'
    afterSignIn('/pkg-desk/past')
    expect(uni.switchTab).toHaveBeenLastCalledWith({ url: '/pages/home' })
  })
})

describe('coming back', () => {
  it('goes only to pages of ours', () => {
    for (const back of [undefined, 'https://elsewhere.example', '//elsewhere.example', 'javascript:1']) {
      afterSignIn(back)
      expect(uni.switchTab).toHaveBeenLastCalledWith({ url: '/pages/home' })
    }
    afterSignIn('/pkg-health/report?booking=7')
    expect(uni.reLaunch).toHaveBeenCalledWith({ url: '/pkg-health/report?booking=7' })
  })

  it('knows a tab from a page', () => {
    go('/pages/mine')
    expect(uni.switchTab).toHaveBeenCalledWith({ url: '/pages/mine' })
    go('/pkg-health/risks')
    expect(uni.navigateTo).toHaveBeenCalledWith({ url: '/pkg-health/risks' })
  })
})

describe('a notice', () => {
  it.each([
    ['guide_received', 'exams.bookings/7', '/pkg-exam/guide?booking=7'],
    ['results_received', 'exams.bookings/7', '/pkg-health/results?booking=7'],
    ['report_received', 'exams.bookings/7', '/pkg-health/report?booking=7'],
    ['booking_failed', 'exams.bookings/7', '/pkg-exam/bookings'],
    ['abnormal_result', 'health.findings/7', '/pkg-health/findings'],
    ['checklist_ready', 'health.checklists/7', '/pkg-exam/checklist'],
    ['something_new', 'other.things/7', undefined],
  ])('%s leads to its page', (template_code, subject, url) => {
    expect(noticeTarget({ template_code, subject })).toBe(url)
  })
})
