import { describe, expect, it } from 'vitest'
import { explained } from './chain'

const line = (id: string, channel: string, state: string, reason = '', more = {}) =>
  ({ id, channel, state, reason, uncertain: false, dead_at: null, ...more }) as never

describe('the chain of a notice', () => {
  it('says why the next channel had its turn', () => {
    const lines = [
      line('3', 'sms', 'delivered'),
      line('2', 'wechat', 'skipped', '客户没有绑定微信'),
      line('1', 'in_app', 'delivered'),
    ]
    expect(explained(lines)).toBe('微信未发送（客户没有绑定微信） → 改发短信，已送达。')
  })

  it('says that somebody has to see to it when all have failed', () => {
    const dead = { dead_at: '2026-11-26T00:00:00Z' }
    const lines = [line('1', 'wechat', 'skipped', '客户没有绑定微信'), line('2', 'sms', 'failed', '号码是空号', dead)]
    expect(explained(lines)).toContain('改发短信，未送达（号码是空号） → 全部渠道都未送达')
  })

  it('says that an answer is missing, and that some stay inside', () => {
    expect(explained([line('1', 'sms', 'sent', '', { uncertain: true })])).toBe('短信没有得到应答，可能已送达。')
    expect(explained([line('1', 'in_app', 'delivered')])).toContain('只作为站内消息')
    expect(explained([line('1', 'email', 'skipped', '客户已在站内阅读')])).toContain('客户可在站内看到')
  })
})
