// How a notice of ours becomes a message of a service: which template there, and what its parameters are filled with.
import type { Shape } from '@/api/types'

export type Template = Shape<'TemplateView'>
export type ChannelTemplate = Shape<'ChannelTemplateView'>
export type TemplateSort = ChannelTemplate['kind']
export type WechatAccount = Shape<'WechatAccountView'>

export interface Sender {
  channel: 'wechat' | 'sms'
  id: string
  name: string
  sorts: TemplateSort[]
}

/** Who could send a notice, in the order in which the page shows them. */
export function sendersOf(template: Template, accounts: readonly WechatAccount[]): Sender[] {
  const wechat = accounts
    .filter((one) => one.active)
    .map((one): Sender => ({
      channel: 'wechat',
      id: one.id,
      name: one.name,
      sorts: one.kind === 'official' ? ['template', 'subscription'] : ['mini_subscription'],
    }))
  const sms: Sender[] = [
    { channel: 'sms', id: 'tencent', name: '腾讯云短信', sorts: ['sms'] },
    { channel: 'sms', id: 'aliyun', name: '阿里云短信', sorts: ['sms'] },
  ]
  return [...wechat, ...sms].filter((one) => template.channels.includes(one.channel))
}

/** What a parameter may be filled with → a sample. Personal data stay in the house. */
export function fillings(template: Template): { value: string; label: string; sample: string }[] {
  const [title = '', ...rest] = template.preview.split('\n')
  const own = Object.entries(template.placeholders).flatMap(([name, one]) =>
    one.personal ? [] : [{ value: `{${name}}`, label: one.label, sample: one.sample }],
  )
  return [
    ...own,
    { value: '{title}', label: '消息的标题', sample: title },
    { value: '{body}', label: '消息的正文', sample: rest.join('\n') },
  ]
}

/** A parameter's value as it will be read, with the samples filled in. */
export function sampled(value: string, template: Template): string {
  return fillings(template).reduce((text, one) => text.replaceAll(one.value, one.sample), value)
}
