import { area } from '@/router/area'

export default area(
  {
    path: '/catalog/items',
    name: 'catalog-items',
    component: () => import('./items/ItemsPage.vue'),
    meta: {
      title: '项目目录',
      permission: 'catalog.item.read',
      menu: { group: 'catalog', order: 10 },
      opens: 'catalog.items',
    },
  },
  {
    path: '/catalog/trees',
    name: 'catalog-trees',
    component: () => import('./trees/TreesPage.vue'),
    meta: {
      title: '语义扩展',
      permission: 'catalog.tree.read',
      menu: { group: 'catalog', order: 20 },
      opens: 'catalog.trees',
    },
  },
  {
    path: '/catalog/trees/versions',
    name: 'catalog-tree',
    component: () => import('./trees/TreePage.vue'),
    meta: { title: '项目的语义扩展', permission: 'catalog.tree.read', parent: 'catalog-trees' },
  },
  {
    path: '/catalog/packages',
    name: 'catalog-packages',
    component: () => import('./packages/PackagesPage.vue'),
    meta: {
      title: '项目组合',
      permission: 'catalog.package.read',
      menu: { group: 'catalog', order: 30 },
      opens: 'catalog.packages',
    },
  },
  {
    path: '/catalog/packages/new',
    name: 'catalog-package-new',
    component: () => import('./packages/PackagePage.vue'),
    meta: { title: '新建组合', permission: 'catalog.package.write', parent: 'catalog-packages' },
  },
  {
    path: '/catalog/packages/:id',
    name: 'catalog-package',
    component: () => import('./packages/PackagePage.vue'),
    meta: {
      title: '组合内容',
      permission: 'catalog.package.read',
      parent: 'catalog-packages',
      opens: 'catalog.packages',
    },
  },
  {
    path: '/catalog/standards',
    name: 'catalog-standards',
    component: () => import('./standards/StandardsPage.vue'),
    meta: {
      title: '数据元与标准',
      permission: 'catalog.standard.read',
      menu: { group: 'catalog', order: 40 },
    },
  },
  {
    path: '/forms',
    name: 'forms',
    component: () => import('./forms/FormsPage.vue'),
    meta: {
      title: '表单设计',
      permission: 'forms.form.read',
      menu: { group: 'catalog', order: 50 },
      opens: 'forms.forms',
    },
  },
  {
    path: '/forms/:id/versions/:version',
    name: 'form-designer',
    component: () => import('./forms/designer/DesignerPage.vue'),
    meta: { title: '表单版本', permission: 'forms.form.read', parent: 'forms' },
  },
  {
    path: '/notices/templates',
    name: 'notice-templates',
    component: () => import('./notices/TemplatesPage.vue'),
    meta: {
      title: '消息模板',
      permission: 'notices.template.read',
      menu: { group: 'notices', order: 30 },
      opens: 'notices.templates',
    },
  },
  {
    path: '/agreements',
    name: 'agreements',
    component: () => import('./agreements/AgreementsPage.vue'),
    meta: {
      title: '协议文本',
      permission: 'people.agreement.write',
      menu: { group: 'catalog', order: 70 },
      opens: 'people.agreements',
    },
  },
)
