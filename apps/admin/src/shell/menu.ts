import {
  Bell,
  ChatDotRound,
  ChatLineSquare,
  Connection,
  DataLine,
  Document,
  House,
  Setting,
} from '@element-plus/icons-vue'
import { computed, type Component } from 'vue'
import { groups, type Group } from '@/router/area'
import { pages } from '@/router'
import { useSession } from '@/session/session'

export interface MenuGroup {
  key: Group
  title: string
  icon: Component
  entries: { path: string; title: string }[]
}

const icons: Record<Group, Component> = {
  exchange: Connection,
  health: DataLine,
  service: ChatDotRound,
  notices: Bell,
  wechat: ChatLineSquare,
  catalog: Document,
  system: Setting,
}
export const homeIcon = House

/** The groups and pages that the caller may open, in order. A group without any stays away. */
export function useMenu() {
  const session = useSession()
  return computed<MenuGroup[]>(() =>
    (Object.keys(groups) as Group[])
      .map((key) => ({
        key,
        title: groups[key],
        icon: icons[key],
        entries: pages
          .filter((page) => page.meta?.menu?.group === key)
          .filter((page) => !page.meta?.permission || session.can(page.meta.permission))
          .sort((a, b) => a.meta!.menu!.order - b.meta!.menu!.order)
          .map((page) => ({ path: page.path, title: page.meta!.title })),
      }))
      .filter((group) => group.entries.length > 0),
  )
}
