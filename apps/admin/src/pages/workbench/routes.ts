import { area } from '@/router/area'

export default area({
  path: '/',
  name: 'workbench',
  component: () => import('./WorkbenchPage.vue'),
  meta: { title: '工作台' },
})
