import { area } from '@/router/area'

export default area(
  {
    path: '/notices/deliveries',
    name: 'notice-deliveries',
    component: () => import('./deliveries/DeliveriesPage.vue'),
    meta: {
      title: '发送记录',
      permission: 'notices.delivery.read',
      menu: { group: 'notices', order: 10 },
      opens: 'notices.deliveries',
    },
  },
  {
    path: '/notices/channels',
    name: 'notice-channels',
    component: () => import('./channels/ChannelsPage.vue'),
    meta: { title: '通知渠道', permission: 'notices.settings.read', menu: { group: 'notices', order: 20 } },
  },
)
