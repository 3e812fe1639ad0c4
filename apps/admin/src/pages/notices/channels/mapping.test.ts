import { describe, expect, it } from 'vitest'
import { fillings, sampled, sendersOf, type Template, type WechatAccount } from './mapping'

const template = {
  code: 'booking_confirmed',
  channels: ['wechat', 'sms'],
  preview: '预约成功\n张三，您已预约 2026年12月1日。',
  placeholders: {
    appointment_date: { label: '体检日期', sample: '2026年12月1日', personal: false },
    name: { label: '姓名', sample: '张三', personal: true },
  },
} as unknown as Template
const accounts = [
  { id: 'a', name: '医院', kind: 'official', active: true },
  { id: 'b', name: '旧号', kind: 'official', active: false },
  { id: 'm', name: '小程序', kind: 'mini_program', active: true },
] as unknown as WechatAccount[]

describe('mapping', () => {
  it('knows who could send', () => {
    expect(sendersOf(template, accounts).map((one) => one.id)).toEqual(['a', 'm', 'tencent', 'aliyun'])
    expect(sendersOf({ ...template, channels: ['wechat', 'email'] }, []).length).toBe(0)
  })

  it('fills with nothing personal', () => {
    expect(fillings(template).map((one) => one.value)).toEqual(['{appointment_date}', '{title}', '{body}'])
    expect(sampled('{title}：{appointment_date}', template)).toBe('预约成功：2026年12月1日')
  })
})
