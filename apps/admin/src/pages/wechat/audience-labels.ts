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

export const tagRuleStates: Labels = {
  on: { text: '启用', tone: 'good' },
  off: { text: '停用', tone: 'quiet' },
}

/** How a fan came to follow: WeChat's `subscribe_scene`. */
export const fanSources: Names = {
  ADD_SCENE_SEARCH: '搜索公众号',
  ADD_SCENE_QR_CODE: '扫描二维码',
  ADD_SCENE_PROFILE_CARD: '名片分享',
  ADD_SCENE_PROFILE_LINK: '点击图文中的名称',
  ADD_SCENE_PROFILE_ITEM: '图文右上角菜单',
  ADD_SCENE_PAID: '支付后关注',
  ADD_SCENE_WECHAT_ADVERTISEMENT: '微信广告',
  ADD_SCENE_REPRINT: '他人转载',
  ADD_SCENE_LIVESTREAM: '视频号直播',
  ADD_SCENE_CHANNELS: '视频号',
  ADD_SCENE_ACCOUNT_MIGRATION: '公众号迁移',
  ADD_SCENE_OTHERS: '其他',
}

/** What WeChat says became of a part of a bulk sending, told by itself or when asked. */
export const broadcastEnds: Names = {
  'send success': '已发完',
  'send fail': '发送失败',
  SEND_SUCCESS: '已发完（查询得知，人数未告知）',
  SEND_FAIL: '发送失败（查询得知）',
  DELETE: '已删除（查询得知）',
}
