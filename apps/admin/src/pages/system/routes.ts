import { area } from '@/router/area'

export default area(
  {
    path: '/system/accounts',
    name: 'system-accounts',
    component: () => import('./accounts/AccountsPage.vue'),
    meta: {
      title: '账号',
      permission: 'accounts.account.read',
      menu: { group: 'system', order: 10 },
      opens: 'accounts.accounts',
    },
  },
  {
    path: '/system/roles',
    name: 'system-roles',
    component: () => import('./roles/RolesPage.vue'),
    meta: {
      title: '角色',
      permission: 'accounts.role.read',
      menu: { group: 'system', order: 20 },
      opens: 'accounts.roles',
    },
  },
  {
    path: '/system/access',
    name: 'system-access',
    component: () => import('./access/AccessPage.vue'),
    meta: {
      title: '为什么能看到',
      permission: 'accounts.access.explain',
      menu: { group: 'system', order: 30 },
    },
  },
  {
    path: '/system/organisation',
    name: 'system-organisation',
    component: () => import('./organisation/OrganisationPage.vue'),
    meta: {
      title: '机构与科室',
      permission: 'accounts.institution.read',
      menu: { group: 'system', order: 40 },
      opens: 'accounts.institutions',
    },
  },
  {
    path: '/system/audit',
    name: 'system-audit',
    component: () => import('./audit/AuditPage.vue'),
    meta: {
      title: '审计',
      permission: ['accounts.audit.read', 'accounts.audit.check'],
      menu: { group: 'system', order: 50 },
      opens: 'kernel.audit_log',
    },
  },
  {
    path: '/system/jobs',
    name: 'system-jobs',
    component: () => import('./jobs/JobsPage.vue'),
    meta: {
      title: '后台任务',
      permission: 'main.job.read',
      menu: { group: 'system', order: 60 },
      opens: 'operations.dead_letters',
    },
  },
)
