// One notice and its ways out, in the order in which they had their turn.
import type { Shape } from '@/api/types'
import { deliveryChannels, deliveryStates, label, name } from '@/labels'

type Line = Pick<Shape<'DeliveryView'>, 'id' | 'channel' | 'state' | 'reason' | 'uncertain' | 'dead_at'>

/** The oldest first: ids grow with time, and a channel is put down when its turn comes. */
export function inTurn<T extends Pick<Line, 'id'>>(lines: readonly T[]): T[] {
  return [...lines].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Why the notice went the way it went, in one line: 微信未发送：客户没有绑定微信 → 改发短信，已送达. */
export function explained(lines: readonly Line[]): string {
  const outward = inTurn(lines).filter((one) => one.channel !== 'in_app')
  if (outward.length === 0) return '只作为站内消息，没有发往外部渠道。'
  const steps = outward.map((one, index) => {
    const channel = name(deliveryChannels, one.channel)
    const start = index === 0 ? channel : `改发${channel}`
    const state = one.uncertain ? '没有得到应答，可能已送达' : label(deliveryStates, one.state).text
    return `${start}${index === 0 ? '' : '，'}${state}${reasonOf(one)}`
  })
  if (outward.some((one) => one.dead_at)) steps.push('全部渠道都未送达，等人处理')
  else if (outward.every((one) => one.state === 'skipped')) steps.push('没有发往外部渠道，客户可在站内看到')
  return `${steps.join(' → ')}。`
}

function reasonOf(line: Line): string {
  return line.reason && !line.uncertain ? `（${line.reason}）` : ''
}
