import type { Shape } from '@/api/types'

export type Content = Shape<'MenuContent'>
export type Top = Content['buttons'][number]
export type Button = NonNullable<Top['buttons']>[number]
export type Version = Shape<'MenuView'>

export const MOST_TOP = 3
export const MOST_BELOW = 5
/** Bytes of UTF-8 that WeChat takes in a name. */
export const NAME_BYTES = { top: 16, below: 60 }

/** The default menu, or which of the personal ones. */
export type Which = 'default' | number
/** A button: at the top, or below one. */
export interface Place {
  top: number
  below: number | null
}

/** What a button does → what has to be given for it. */
export const NEEDS: Readonly<Record<string, readonly Field[]>> = {
  view: ['url'],
  click: ['key'],
  miniprogram: ['appid', 'pagepath', 'url'],
  scancode_push: ['key'],
  scancode_waitmsg: ['key'],
  pic_sysphoto: ['key'],
  pic_photo_or_album: ['key'],
  pic_weixin: ['key'],
  location_select: ['key'],
  media_id: ['media_id'],
  article_id: ['article_id'],
  article_view_limited: ['article_id'],
}
export type Field = 'key' | 'url' | 'media_id' | 'article_id' | 'appid' | 'pagepath'

export const FIELDS: Readonly<Record<Field, { label: string; most: number; hint: string }>> = {
  url: { label: '链接', most: 1024, hint: 'https 开头；一份菜单的链接最多涉及 3 个域名' },
  key: { label: '键值', most: 128, hint: '点击后由关键词与它相同的自动回复规则回复' },
  appid: { label: '小程序的 AppID', most: 32, hint: '须是与公众号关联的小程序' },
  pagepath: { label: '小程序的页面路径', most: 256, hint: '如 pages/home' },
  media_id: { label: '素材', most: 128, hint: '点击后发给粉丝；发布时自动存为公众号的永久素材' },
  article_id: { label: '文章编号', most: 128, hint: '已发布文章的 article_id' },
}

export const EMPTY: Content = { buttons: [], personal: [] }

const blank = (name: string): Button => ({
  name, type: 'view', key: '', url: '', material_id: null, media_id: '', article_id: '', appid: '', pagepath: '',
})

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length

export const buttonsOf = (content: Content, which: Which): Top[] =>
  (which === 'default' ? content.buttons : content.personal?.[which]?.buttons) ?? []

export function withButtons(content: Content, which: Which, buttons: Top[]): Content {
  if (which === 'default') return { ...content, buttons }
  return { ...content, personal: content.personal?.map((one, at) => (at === which ? { ...one, buttons } : one)) }
}

export function buttonAt(buttons: readonly Top[], place: Place): Top | undefined {
  const top = buttons[place.top]
  if (place.below === null) return top
  const below = top?.buttons?.[place.below]
  return below && { ...below, buttons: [] }
}

/** A button below, which opens no others. */
const leafOf = ({ name, type, key, url, material_id, media_id, article_id, appid, pagepath }: Button): Button => ({
  name, type, key, url, material_id, media_id, article_id, appid, pagepath,
})

/** The button at a place changed; without `change` it goes. */
export function changed(buttons: readonly Top[], place: Place, change?: (button: Top) => Top): Top[] {
  return buttons.flatMap((top, at) => {
    if (at !== place.top) return [top]
    if (place.below === null) return change ? [change(top)] : []
    const below = (top.buttons ?? []).flatMap((one, n) => (n !== place.below ? [one] : change ? [leafOf(change({ ...one, buttons: [] }))] : []))
    return [{ ...top, buttons: below }]
  })
}

/** One more button, at the top or below one, and where it is. */
export function added(buttons: readonly Top[], under: number | null): { buttons: Top[]; place: Place } {
  if (under === null) {
    return { buttons: [...buttons, { ...blank(`菜单${buttons.length + 1}`), buttons: [] }], place: { top: buttons.length, below: null } }
  }
  const place = { top: under, below: buttons[under]?.buttons?.length ?? 0 }
  const next = changed(buttons, { top: under, below: null }, (top) => {
    // What only opens others does nothing itself.
    return { ...blank(top.name), type: '', buttons: [...(top.buttons ?? []), blank(`子菜单${place.below + 1}`)] }
  })
  return { buttons: next, place }
}

/** The button one place further on among its equals, or back. */
export function moved(buttons: readonly Top[], place: Place, by: -1 | 1): { buttons: Top[]; place: Place } {
  if (place.below === null) {
    const at = place.top + by
    if (!buttons[at]) return { buttons: [...buttons], place }
    return { buttons: swapped(buttons, place.top, at), place: { top: at, below: null } }
  }
  const from = place.below
  const equals = buttons[place.top]?.buttons ?? []
  if (!equals[from + by]) return { buttons: [...buttons], place }
  const next = changed(buttons, { top: place.top, below: null }, (top) => ({ ...top, buttons: swapped(equals, from, from + by) }))
  return { buttons: next, place: { top: place.top, below: from + by } }
}

export function swapped<T>(list: readonly T[], one: number, other: number): T[] {
  const next = [...list]
  ;[next[one], next[other]] = [next[other]!, next[one]!]
  return next
}

/** Where the server's findings about a menu, or about a button of it, stand. */
export const prefixOf = (which: Which): string => (which === 'default' ? 'buttons' : `personal.${which}.buttons`)
export const keyOf = (which: Which, place: Place): string =>
  `${prefixOf(which)}.${place.top}${place.below === null ? '' : `.buttons.${place.below}`}`

/** Findings about this button itself, not about those below it. */
export function findingsAt(problems: Readonly<Record<string, string>>, which: Which, place: Place): string[] {
  const key = `${keyOf(which, place)}.`
  return Object.entries(problems).flatMap(([at, told]) => (at.startsWith(key) && !at.slice(key.length).includes('.') ? [told] : []))
}
export const countIn = (problems: Readonly<Record<string, string>>, which: Which): number => {
  const key = prefixOf(which)
  const tag = which === 'default' ? '' : `personal.${which}.tag_id`
  return Object.keys(problems).filter((at) => at === key || at === tag || at.startsWith(`${key}.`)).length
}
