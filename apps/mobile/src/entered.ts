import { afterSignIn } from '@/routes'
import { bindOffered } from '@/wechat'

/** What every way of signing in ends with: the WeChat that waits is bound, then on to where one wanted to go. */
export async function entered(back?: string) {
  const trouble = await bindOffered()
  if (trouble) await uni.showModal({ title: '微信没有绑定', content: trouble, showCancel: false, confirmText: '知道了' })
  afterSignIn(back)
}
