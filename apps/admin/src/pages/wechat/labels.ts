// Codes of WeChat's management → what a person reads; what other pages need, too, stands in @/labels.
import type { Labels } from '@/labels'

type Names = Readonly<Record<string, string>>

export const wechatKinds: Names = { official: '公众号', mini_program: '小程序' }

export const wechatModes: Names = { safe: '安全模式', compatible: '兼容模式', plain: '明文模式' }

/** One line of an account's self-test. */
export const checkStates: Labels = {
  ok: { text: '正常', tone: 'good' },
  warning: { text: '注意', tone: 'warn' },
  failed: { text: '有误', tone: 'bad' },
}

export const checkNames: Names = {
  active: '启用',
  mode: '消息加解密方式',
  callback: '接收消息（服务器配置）',
  quota: '客服消息次数',
  secret: 'AppID、AppSecret 与 IP 白名单',
  token: '接口凭证',
  js_sdk: '网页 JS-SDK',
}

/** When an automatic reply answers. */
export const replyTriggers: Names = {
  keyword: '关键词',
  follow: '关注公众号',
  scan: '扫描二维码',
  kind: '消息类型',
  default: '未匹配时',
}

export const keywordMatches: Names = { part: '包含', whole: '全文相同', pattern: '正则表达式' }

export const replyHours: Names = { any: '任何时间', on: '客服时间内', off: '客服时间外' }

export const followerVisits: Names = { any: '首次与再次', first: '首次关注', again: '曾经关注过' }

export const replyStates: Labels = {
  on: { text: '启用', tone: 'good' },
  off: { text: '草稿', tone: 'quiet' },
}

/** What a fan sends. */
export const fanMessageKinds: Names = {
  text: '文字',
  image: '图片',
  voice: '语音',
  video: '视频',
  shortvideo: '小视频',
  location: '位置',
  link: '链接',
}

/** What a button of an official account's menu does. */
export const buttonTypes: Names = {
  view: '打开网页',
  click: '自动回复',
  miniprogram: '打开小程序',
  scancode_push: '扫码',
  scancode_waitmsg: '扫码并等待回复',
  pic_sysphoto: '拍照',
  pic_photo_or_album: '拍照或选图',
  pic_weixin: '从微信相册选图',
  location_select: '选择位置',
  media_id: '发送素材',
  article_id: '发送图文',
  article_view_limited: '打开图文',
}

/** What the library holds. */
export const materialKinds: Names = { image: '图片', voice: '语音', video: '视频', thumb: '缩略图' }

/** How an entry of the library stands at WeChat. */
export const materialStates: Labels = {
  none: { text: '用到时上传', tone: 'quiet' },
  valid: { text: '可用', tone: 'good' },
  renewing: { text: '正在上传', tone: 'busy' },
  expired: { text: '已过期，用到时再传', tone: 'quiet' },
  failed: { text: '上传失败', tone: 'bad' },
}

export const templateKinds: Names = {
  template: '模板消息',
  subscription: '订阅通知',
  mini_subscription: '小程序订阅消息',
}
