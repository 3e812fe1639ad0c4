const MIB = 1024 * 1024

export type MediaKind = 'image' | 'voice' | 'video'

/** As the platform takes them; it looks into the file itself, too. */
const LONGEST: Record<MediaKind, number> = { image: 10 * MIB, voice: 2 * MIB, video: 10 * MIB }
const NAMES: Record<MediaKind, string> = { image: '图片', voice: '语音', video: '视频' }
export const ACCEPTED = 'image/jpeg,image/png,image/gif,image/webp,audio/mpeg,audio/mp4,video/mp4'

export function kindOf(file: File): MediaKind | null {
  const family = file.type.split('/')[0]
  return family === 'image' ? 'image' : family === 'audio' ? 'voice' : family === 'video' ? 'video' : null
}

/** Why a file cannot be sent; empty when it can. */
export function refusalOf(file: File): string {
  const kind = kindOf(file)
  if (!kind) return `「${file.name}」不是图片、语音或视频，不能发送`
  if (file.size > LONGEST[kind]) return `「${file.name}」过大：${NAMES[kind]}应在 ${LONGEST[kind] / MIB} MB 以内`
  return ''
}

export function sizeText(bytes: number): string {
  return bytes >= MIB ? `${(bytes / MIB).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} KB`
}

/** 0:07, 1:30 */
export function lengthText(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** Whether this browser plays it. AMR, as WeChat sends voices, no browser does. */
export function plays(mime: string): boolean {
  const element = document.createElement(mime.startsWith('video/') ? 'video' : 'audio')
  return element.canPlayType(mime) !== ''
}
