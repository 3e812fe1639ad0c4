import { area } from '@/router/area'

export default area(
  {
    path: '/health/customers',
    name: 'health-customers',
    component: () => import('./customers/CustomersPage.vue'),
    meta: { title: '客户', permission: 'people.person.read', menu: { group: 'health', order: 10 }, opens: 'people.persons' },
  },
  {
    path: '/health/customers/:id',
    name: 'health-customer',
    component: () => import('./customers/CustomerPage.vue'),
    meta: { title: '客户', permission: 'people.person.read', parent: 'health-customers', opens: 'people.persons' },
  },
  {
    path: '/health/checklists',
    name: 'health-checklists',
    component: () => import('./checklists/ChecklistsPage.vue'),
    meta: {
      title: '清单确认',
      permission: 'health.checklist.read',
      menu: { group: 'health', order: 20 },
      opens: 'health.checklists',
    },
  },
  {
    path: '/health/findings',
    name: 'health-findings',
    component: () => import('./findings/FindingsPage.vue'),
    meta: {
      title: '重要异常结果',
      permission: 'health.finding.read',
      menu: { group: 'health', order: 30 },
      opens: 'health.findings',
    },
  },
  {
    path: '/health/identity',
    name: 'health-identity',
    component: () => import('./identity/IdentityPage.vue'),
    meta: {
      title: '证件核对',
      permission: 'people.identity.review',
      menu: { group: 'health', order: 35 },
      opens: 'people.identity_checks',
    },
  },
  {
    path: '/health/rules',
    name: 'health-rules',
    component: () => import('./rules/RulesPage.vue'),
    meta: {
      title: '规则与模型',
      permission: ['health.checklist.read', 'health.finding.read', 'health.risk.read'],
      menu: { group: 'health', order: 40 },
    },
  },
)
