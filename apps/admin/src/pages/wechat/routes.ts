import { area } from '@/router/area'

export default area(
  {
    path: '/wechat/accounts',
    name: 'wechat-accounts',
    component: () => import('./accounts/AccountsPage.vue'),
    meta: {
      title: '公众号与小程序',
      permission: 'wechat.account.read',
      menu: { group: 'wechat', order: 10 },
      opens: 'wechat.accounts',
    },
  },
  {
    path: '/wechat/self-test',
    name: 'wechat-self-test',
    component: () => import('./accounts/SelfTestPage.vue'),
    meta: { title: '自检', permission: 'wechat.account.write', menu: { group: 'wechat', order: 20 } },
  },
)
