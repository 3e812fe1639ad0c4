import { api, ApiError, type Shape } from '@/api'
import { channel } from '@/channel'

export type Identity = Shape<'IdentityView'>
export type Check = Shape<'CheckView'>

/** Where faces are shown: on the service's own page from H5, inside WeChat from the mini-program. */
export const faceChannel = channel === 'h5' ? 'h5' : 'mini_program'

export const LEVELS: Record<Identity['assurance']['level'], string> = { none: '未核验', real_name: '已实名', verified: '已核验' }
export const WAYS: Record<Check['way'], string> = {
  real_name: '姓名与号码比对',
  tencent_face: '人脸核身',
  wechat_face: '微信人脸核身',
  card: '证件照片',
}

/** The face check that is open in this channel; undefined where there is none, or it is not the person's own face. */
export function faceWay(identity: Identity): Identity['ways'][number] | undefined {
  return identity.own_face ? identity.ways.find((one) => one.way === 'tencent_face' || one.way === 'wechat_face') : undefined
}

export function wayOf(identity: Identity, way: Check['way']): Identity['ways'][number] | undefined {
  return identity.ways.find((one) => one.way === way)
}

/** Signs the text in force; the one that is signed already stays the same signature. */
export async function agreeTo(kind: string, institutionId: string): Promise<void> {
  const named = kind as Shape<'ConsentGiven'>['kind']
  const text = await api.get('/api/patient/people/agreements/{kind}', { path: { kind: named } })
  await api.post('/api/patient/people/consents', {
    body: { kind: named, institution_id: institutionId, text_version: text.version, channel },
  })
}

/** What the service says of the check. */
export function askVerdict(checkId: string): Promise<Check> {
  return api.post('/api/patient/people/identity/checks/{check_id}/verdict', { path: { check_id: checkId } })
}

export function withdraw(checkId: string): Promise<Check> {
  return api.post('/api/patient/people/identity/checks/{check_id}/withdraw', { path: { check_id: checkId } })
}

/** Leads the person to where the face is shown; on a mini-program they are back when it ends. Throws ApiError. */
export async function showFace(): Promise<Check> {
  const ticket = await api.post('/api/patient/people/identity/face', { body: { channel: faceChannel } })
  // #ifdef H5
  if (ticket.url) window.location.href = ticket.url
  return ticket.check
  // #endif
  // #ifdef MP-WEIXIN
  await showFaceInWechat(ticket.verify_id ?? '')
  return await askVerdict(ticket.check.id)
  // #endif
}

interface FacialVerify {
  requestFacialVerify?: (options: { verifyId: string; complete: () => void }) => void
}

/** How it ended is not asked here: the platform asks WeChat itself. */
export function showFaceInWechat(verifyId: string): Promise<void> {
  const wechat = (globalThis as { wx?: FacialVerify }).wx
  if (!wechat?.requestFacialVerify) throw new ApiError(-1, 'mobile.no_face_check', '微信版本过低，请升级微信后再试，或用其他方式')
  return new Promise((resolve) => wechat.requestFacialVerify?.({ verifyId, complete: resolve }))
}

/** A short line about a check that did not pass; undefined when there is nothing to be told. */
export function trouble(identity: Identity): string | undefined {
  const { last, open, assurance } = identity
  if (!last || open || assurance.level === 'verified' || last.state === 'passed') return undefined
  return last.reason === 'withdrawn' || last.reason === 'consent_revoked' ? undefined : (last.advice ?? undefined)
}
