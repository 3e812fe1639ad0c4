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
  {
    path: '/wechat/replies',
    name: 'wechat-replies',
    component: () => import('./replies/RepliesPage.vue'),
    meta: { title: '自动回复', permission: 'wechat.reply.read', menu: { group: 'wechat', order: 30 } },
  },
  {
    path: '/wechat/menus',
    name: 'wechat-menus',
    component: () => import('./menus/MenusPage.vue'),
    meta: { title: '自定义菜单', permission: 'wechat.menu.read', menu: { group: 'wechat', order: 40 } },
  },
  {
    path: '/wechat/materials',
    name: 'wechat-materials',
    component: () => import('./materials/MaterialsPage.vue'),
    meta: {
      title: '素材库',
      permission: 'wechat.material.read',
      menu: { group: 'wechat', order: 45 },
      opens: 'wechat.materials',
    },
  },
  {
    path: '/wechat/templates',
    name: 'wechat-templates',
    component: () => import('./templates/TemplatesPage.vue'),
    meta: { title: '模板', permission: 'wechat.template.read', menu: { group: 'wechat', order: 50 } },
  },
)
