import type { RouteRecordRaw } from 'vue-router'

/** The groups of the left menu, in their order. */
export const groups = {
  exchange: '体检对接',
  health: '健康管理',
  service: '客户服务',
  notices: '消息通知',
  wechat: '微信管理',
  catalog: '目录与表单',
  system: '系统',
} as const
export type Group = keyof typeof groups

declare module 'vue-router' {
  interface RouteMeta {
    /** Title of the page, of the browser tab and of the menu entry. */
    title: string
    /** Who may open it; with several permissions, whoever has any. Without: everybody who is signed in. */
    permission?: string | string[]
    /** Puts the page into the menu. Lower `order` stands higher. */
    menu?: { group: Group; order: number }
    /** For a page that is not in the menu: the name of the route it belongs under. */
    parent?: string
    /**
     * The noun this page shows: 'health.findings'. Notices, search and workbench find their way here by it. A page with an
     * `:id` in its path shows one of them; any other is their list and opens one with `?open=<id>`.
     */
    opens?: string
    /** Reached without being signed in. */
    public?: boolean
  }
}

/** What `pages/<area>/routes.ts` exports as default. Paths begin with a slash; components are lazy. */
export function area(...routes: (RouteRecordRaw & { name: string })[]): RouteRecordRaw[] {
  return routes
}
