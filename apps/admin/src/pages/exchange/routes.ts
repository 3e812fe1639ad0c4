import { area } from '@/router/area'

export default area(
  {
    path: '/exchange/mappings',
    name: 'exchange-mappings',
    component: () => import('./mapping/MappingPage.vue'),
    meta: {
      title: '项目对照',
      permission: 'catalog.mapping.read',
      menu: { group: 'exchange', order: 10 },
      opens: 'catalog.mappings',
    },
  },
  {
    path: '/exchange/staged-results',
    name: 'exchange-staged-results',
    component: () => import('./staged/StagedPage.vue'),
    meta: {
      title: '待处理结果',
      permission: 'exchange.staged.read',
      menu: { group: 'exchange', order: 20 },
      opens: 'exchange.staged_results',
    },
  },
  {
    path: '/exchange/vendors',
    name: 'exchange-vendors',
    component: () => import('./vendors/VendorsPage.vue'),
    meta: {
      title: '体检系统',
      permission: 'exchange.vendor.read',
      menu: { group: 'exchange', order: 30 },
      opens: 'exchange.vendors',
    },
  },
  {
    path: '/exchange/messages',
    name: 'exchange-messages',
    component: () => import('./messages/MessagesPage.vue'),
    meta: {
      title: '报文日志',
      permission: 'exchange.message.read',
      menu: { group: 'exchange', order: 40 },
      opens: 'exchange.messages',
    },
  },
  {
    path: '/exchange/apps',
    name: 'exchange-apps',
    component: () => import('./apps/AppsPage.vue'),
    meta: {
      title: '接口凭证',
      permission: 'accounts.app.read',
      menu: { group: 'exchange', order: 50 },
      opens: 'accounts.api_apps',
    },
  },
  {
    path: '/exchange/bookings',
    name: 'exchange-bookings',
    component: () => import('./bookings/BookingsPage.vue'),
    meta: {
      title: '体检预约',
      permission: 'exams.booking.read',
      menu: { group: 'exchange', order: 60 },
      opens: 'exams.bookings',
    },
  },
)
