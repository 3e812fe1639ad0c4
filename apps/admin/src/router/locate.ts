import type { LocationQueryRaw, RouteLocationRaw } from 'vue-router'
import { useSession } from '@/session/session'
import { pages } from './index'

const shows = (noun: string, one: boolean) => (page: (typeof pages)[number]) =>
  page.meta?.opens === noun && page.path.includes('/:id') === one

function reachable(page: (typeof pages)[number] | undefined): page is (typeof pages)[number] & { name: string } {
  return page !== undefined && (!page.meta?.permission || useSession().can(page.meta.permission))
}

/** The page that shows a business object, 'health.findings/<id>'; null when the caller has none. */
export function locate(subject: string): RouteLocationRaw | null {
  const [noun = '', id = ''] = subject.split('/')
  const single = pages.find(shows(noun, true))
  if (reachable(single)) return { name: single.name, params: { id } }
  return locateList(noun, { open: id })
}

/** The list of a noun, 'health.findings', with filters for its address; null when the caller has none. */
export function locateList(noun: string, query: LocationQueryRaw = {}): RouteLocationRaw | null {
  const list = pages.find(shows(noun, false))
  return reachable(list) ? { name: list.name, query } : null
}
