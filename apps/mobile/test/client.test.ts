import { beforeEach, describe, expect, it, vi } from 'vitest'
import { api, asApiError } from '@/api'
import { whenSignedOut } from '@/api/client'
import { forgetIdentity, identity } from '@/api/identity'

interface Sent {
  url: string
  method: string
  header: Record<string, string>
  data?: unknown
  success: (answer: { statusCode: number; data: unknown }) => void
  fail: () => void
}

function answering(statusCode: number, data: unknown = {}) {
  const sent: Sent[] = []
  vi.mocked(uni.request).mockImplementation(((request: Sent) => {
    sent.push(request)
    request.success({ statusCode, data })
  }) as never)
  return sent
}

const signedOut = vi.fn()

beforeEach(() => {
  forgetIdentity()
  signedOut.mockReset()
  whenSignedOut(signedOut)
})

describe('a request', () => {
  it('fills the path, leaves out what is not given, and carries who asks for whom', async () => {
    Object.assign(identity, { token: 't', forPerson: 'p' })
    const sent = answering(200, { items: [] })
    await api.get('/api/patient/exams/results', { query: { item_code: '总 胆/红素', cursor: undefined } })
    await api.get('/api/patient/exams/bookings/{booking_id}/guide', { path: { booking_id: 'a/b' } })
    await api.get('/api/patient/people/me', { asMyself: true })
    await api.get('/api/session/me')
    expect(sent.map((one) => one.url)).toEqual([
      '/api/patient/exams/results?item_code=%E6%80%BB%20%E8%83%86%2F%E7%BA%A2%E7%B4%A0',
      '/api/patient/exams/bookings/a%2Fb/guide',
      '/api/patient/people/me',
      '/api/session/me',
    ])
    expect(sent[0]!.header).toEqual({ Authorization: 'Bearer t', 'X-For-Person': 'p' })
    expect(sent[2]!.header).toEqual({ Authorization: 'Bearer t' })
    expect(sent[3]!.header).toEqual({ Authorization: 'Bearer t' })
  })

  it('turns an error body into an ApiError', async () => {
    answering(422, { code: 'x.y', message: '请检查', fields: { phone: '不对' }, request_id: 'r1' })
    const error = asApiError(await api.get('/api/patient/people/me').catch((thrown: unknown) => thrown))
    expect(error).toMatchObject({ status: 422, code: 'x.y', message: '请检查', fields: { phone: '不对' }, requestId: 'r1' })
    expect(error.offline).toBe(false)
  })

  it('says what to do when a proxy answers, or nobody', async () => {
    answering(502, '<html>')
    await expect(api.get('/api/patient/people/me')).rejects.toMatchObject({ status: 502, message: expect.stringContaining('稍后重试') })
    vi.mocked(uni.request).mockImplementation(((request: Sent) => request.fail()) as never)
    await expect(api.get('/api/patient/people/me')).rejects.toMatchObject({ offline: true, message: expect.stringContaining('网络') })
  })

  it('ends the session on 401, but not for a wrong password', async () => {
    answering(401, { code: 'accounts.wrong', message: '密码不对' })
    await expect(api.post('/api/session/login', { body: { login: 'a', password: 'b' } })).rejects.toThrow('密码不对')
    expect(signedOut).not.toHaveBeenCalled()
    identity.token = 't'
    await expect(api.get('/api/session/me')).rejects.toThrow()
    expect(signedOut).toHaveBeenCalledOnce()
    expect(identity.token).toBe('')
  })

  it('keeps the identity over a restart', () => {
    identity.token = 'kept'
    expect(uni.getStorageSync('kanghu.identity')).toMatchObject({ token: 'kept' })
  })
})
