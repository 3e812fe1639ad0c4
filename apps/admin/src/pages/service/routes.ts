import { area } from '@/router/area'

export default area(
  {
    path: '/service/desk',
    name: 'service-desk',
    component: () => import('./desk/DeskPage.vue'),
    meta: {
      title: '客服工作台',
      permission: 'messaging.conversation.write',
      menu: { group: 'service', order: 10 },
      opens: 'messaging.conversations',
    },
  },
  {
    path: '/service/overview',
    name: 'service-overview',
    component: () => import('./overview/OverviewPage.vue'),
    meta: { title: '会话总览', permission: 'messaging.queue.supervise', menu: { group: 'service', order: 20 } },
  },
  {
    path: '/service/history',
    name: 'service-history',
    component: () => import('./history/HistoryPage.vue'),
    meta: { title: '会话记录', permission: 'messaging.conversation.read', menu: { group: 'service', order: 30 } },
  },
)
