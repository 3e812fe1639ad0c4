import { area } from '@/router/area'

export default area(
  {
    path: '/wechat/fans',
    name: 'wechat-fans',
    component: () => import('./fans/FansPage.vue'),
    meta: { title: '粉丝与标签', permission: 'wechat.fan.read', menu: { group: 'wechat', order: 50 }, opens: 'wechat.fans' },
  },
  {
    path: '/wechat/qr-codes',
    name: 'wechat-qr-codes',
    component: () => import('./qr-codes/QrCodesPage.vue'),
    meta: { title: '二维码', permission: 'wechat.fan.read', menu: { group: 'wechat', order: 60 }, opens: 'wechat.qr_codes' },
  },
  {
    path: '/wechat/broadcasts',
    name: 'wechat-broadcasts',
    component: () => import('./broadcasts/BroadcastsPage.vue'),
    meta: {
      title: '群发',
      permission: 'wechat.broadcast.read',
      menu: { group: 'wechat', order: 70 },
      opens: 'wechat.broadcasts',
    },
  },
)
