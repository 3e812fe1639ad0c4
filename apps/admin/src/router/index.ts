import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { ApiError } from '@/api/error'
import { onSessionRefused } from '@/api/client'
import { token } from '@/api/token'
import { useSession } from '@/session/session'

const areas = import.meta.glob<RouteRecordRaw[]>('../pages/*/{routes,*-routes}.ts', { eager: true, import: 'default' })

export const pages: RouteRecordRaw[] = Object.values(areas).flat()

export const router = createRouter({
  history: createWebHistory('/admin/'),
  routes: [
    {
      path: '/sign-in',
      name: 'sign-in',
      component: () => import('@/session/SignInPage.vue'),
      meta: { title: '登录', public: true },
    },
    {
      path: '/errand',
      name: 'errand',
      component: () => import('@/session/ErrandPage.vue'),
      meta: { title: '完成安全设置', public: true },
    },
    {
      path: '/',
      component: () => import('@/shell/AppShell.vue'),
      meta: { title: '' },
      children: [
        ...pages,
        {
          path: '/:rest(.*)*',
          name: 'not-found',
          component: () => import('@/shell/NotFoundPage.vue'),
          meta: { title: '页面不存在' },
        },
      ],
    },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
})

router.beforeEach(async (to) => {
  if (to.name === 'sign-in') return true
  const session = useSession()
  const signIn = { name: 'sign-in', query: to.fullPath === '/' ? {} : { return: to.fullPath } }
  if (!token.read()) return signIn
  if (!session.me) {
    try {
      await session.load()
    } catch (error) {
      // Not reachable is not signed out: the shell says so and tries again.
      if (error instanceof ApiError && error.passing) return true
      session.drop()
      return signIn
    }
  }
  if (session.me?.errand && to.name !== 'errand') return { name: 'errand', query: { return: to.fullPath } }
  if (!session.me?.errand && to.name === 'errand') return safeReturn(to.query.return)
  return true
})

router.afterEach((to) => {
  document.title = to.meta.title ? `${to.meta.title} · 康护管理台` : '康护管理台'
})

/** Where to go after signing in: only ever a page of this console. */
export function safeReturn(wanted: unknown): string {
  return typeof wanted === 'string' && /^\/(?![/\\])/.test(wanted) ? wanted : '/'
}

onSessionRefused((error) => {
  const session = useSession()
  const here = router.currentRoute.value
  if (here.meta.public) return
  if (error.status === 401) {
    session.drop()
    void router.replace({ name: 'sign-in', query: { return: here.fullPath, ended: '1' } })
  } else {
    // An administrator has since asked for a new password or a second factor.
    session.me = null
    void router.replace({ name: 'errand', query: { return: here.fullPath } })
  }
})
