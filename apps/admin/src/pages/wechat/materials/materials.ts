import { api, ok } from '@/api/client'
import type { Shape } from '@/api/types'
import { name } from '@/labels'
import { lengthText, sizeText } from '@/pages/service/talk/files'
import { materialKinds } from '../labels'

export type Material = Shape<'MaterialView'>
export type Kind = Material['kind']
export type Copy = Shape<'MaterialCopyView'>
export type Use = Shape<'MaterialUseView'>
/** What stands for an entry elsewhere: enough to name it. */
export type Chosen = Shape<'MaterialSaid'>

export const SENDABLE: readonly Kind[] = ['image', 'voice', 'video']

const MIB = 1024 * 1024
/** What WeChat takes; the server looks at the content itself. */
export const LIMITS: Readonly<Record<Kind, { most: number; accept: string; hint: string }>> = {
  image: { most: 10 * MIB, accept: 'image/jpeg,image/png,image/gif', hint: 'JPG、PNG 或 GIF，10 MB 以内' },
  voice: { most: 2 * MIB, accept: '.amr,.mp3,audio/amr,audio/mpeg', hint: 'AMR 或 MP3，2 MB 以内，最长 60 秒' },
  video: { most: 10 * MIB, accept: 'video/mp4', hint: 'MP4，10 MB 以内；粉丝会看到它的标题' },
  thumb: { most: 64 * 1024, accept: 'image/jpeg', hint: 'JPG，64 KB 以内' },
}

/** What is wrong with a file, as far as one sees without opening it. */
export function wrongWith(kind: Kind, file: { size: number }): string {
  if (file.size === 0) return '这个文件是空的，请换一个'
  return file.size > LIMITS[kind].most ? `这个文件有 ${sizeText(file.size)}，${name(materialKinds, kind)}须为 ${LIMITS[kind].hint}` : ''
}

export const titleOf = (fileName: string): string => fileName.replace(/\.[^.]*$/, '').trim().slice(0, 50)

export const measureOf = (one: Material): string =>
  [sizeText(one.size), ...(one.duration_ms ? [lengthText(Math.max(1, Math.round(one.duration_ms / 1000)))] : [])].join(' · ')

export const fileOf = (id: string, form: 'playable' | 'thumbnail' | 'original' = 'playable'): string =>
  `/api/admin/wechat/materials/${id}/file?form=${form}`

/** How the entry as a whole stands at WeChat: the worst of what is held there. */
export function stateOf(one: Pick<Material, 'temporary' | 'permanent'>): Copy['state'] {
  const states = [one.temporary, one.permanent].flatMap((copy) => (copy ? [copy.state] : []))
  const order: Copy['state'][] = ['failed', 'renewing', 'valid', 'expired']
  return order.find((state) => states.includes(state)) ?? 'none'
}

export function placeText(use: Use): string {
  if (use.place === 'reply') return `自动回复「${use.name}」${use.in_force ? '' : '（草稿）'}`
  return `菜单${use.name}（${use.in_force ? '已发布' : '草稿'}）`
}

export const chosenText = (one: Chosen): string => `［${name(materialKinds, one.kind)}］${one.title}`

export const materialOf = (material_id: string) => ({
  queryKey: ['wechat.materials', 'one', material_id],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    ok(api.GET('/api/admin/wechat/materials/{material_id}', { params: { path: { material_id } }, signal })),
})
