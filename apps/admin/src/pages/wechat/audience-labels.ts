import type { Labels, Names } from '@/labels'

// Fans, QR codes and bulk sending: codes of the platform → what a person reads.

export const fanStates: Labels = {
  following: { text: '关注着', tone: 'good' },
  gone: { text: '没有关注', tone: 'quiet' },
}

export const qrCodeStates: Labels = {
  lasting: { text: '长期有效', tone: 'good' },
  valid: { text: '有效', tone: 'good' },
  over: { text: '已失效', tone: 'quiet' },
}

export const broadcastStates: Labels = {
  draft: { text: '等待放行', tone: 'warn' },
  sending: { text: '发送中', tone: 'busy' },
  done: { text: '已发完', tone: 'good' },
  stopped: { text: '已停止', tone: 'quiet' },
  failed: { text: '未能发完', tone: 'bad' },
}

/** One call to WeChat of a bulk sending. */
export const broadcastPartStates: Labels = {
  waiting: { text: '等待', tone: 'busy' },
  sending: { text: '发送中', tone: 'busy' },
  unanswered: { text: '没有应答，将再试', tone: 'warn' },
  sent: { text: '微信已接收', tone: 'good' },
  refused: { text: '微信拒绝', tone: 'bad' },
  unknown: { text: '可能已发出，不再重发', tone: 'warn' },
  skipped: { text: '没有可发的人', tone: 'quiet' },
  stopped: { text: '已停止', tone: 'quiet' },
}

export const audiences: Names = { all: '全部粉丝', tag: '有某标签的粉丝', list: '指定的粉丝' }
export const broadcastKinds: Names = { text: '文字', image: '图片', mpnews: '图文' }
