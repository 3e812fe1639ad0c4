import type { Shape } from '@/api'
import { instantText } from '@/format'

export interface Milestone {
  text: string
  note: string
  state: 'done' | 'now' | 'ahead' | 'failed'
}

type Booking = Pick<Shape<'BookingView'>, 'state' | 'origin' | 'exam_no' | 'created_at' | 'updated_at' | 'failure'>

/** How far a booking has come. Nothing for one that the exam centre made itself or that was cancelled. */
export function milestones(booking: Booking): Milestone[] {
  const { state } = booking
  if (booking.origin !== 'platform' || state === 'cancelled') return []
  const sent: Milestone = { text: '已提交', note: instantText(booking.created_at), state: 'done' }
  const last = instantText(booking.updated_at)
  if (state === 'failed') return [sent, { text: '预约没有成功', note: last, state: 'failed' }]
  const reached = ['requested', 'sending', 'booked'].indexOf(state)
  const at = (place: number): Milestone['state'] => (reached > place ? 'done' : reached === place ? 'now' : 'ahead')
  return [
    sent,
    { text: reached > 0 ? '医生已确认清单' : '医生确认清单', note: reached === 0 ? '确认后马上通知您' : '', state: at(0) },
    { text: reached > 1 ? '已发送体检机构' : '发送体检机构', note: reached === 1 ? '正在等体检机构答复' : '', state: at(1) },
    {
      text: '预约成功',
      note: reached === 2 ? (booking.exam_no ? `体检编号 ${booking.exam_no}` : last) : '',
      state: reached === 2 ? 'done' : 'ahead',
    },
  ]
}
