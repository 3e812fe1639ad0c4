import { onHide, onShow } from '@dcloudio/uni-app'
import { onUnmounted, shallowReactive, watch } from 'vue'
import { type ApiError, asApiError } from '@/api'
import { identity } from '@/api/identity'
import { onChange } from './changes'

/** Data of the platform as a page shows it. */
export interface Resource<T> {
  data: T | undefined
  error: ApiError | undefined
  loading: boolean
  /** The last attempt got no answer; `data` may be older. */
  offline: boolean
  reload: () => Promise<void>
}

/** Coming back to a page after this long asks again even when no change was told. */
const FRESH_MS = 30_000

/**
 * The one way a page loads data: now, when `topic` changes on the platform, when the page is shown again, and when the
 * customer acts for somebody else. Hidden pages wait until they are shown. What is shown stays while it is renewed.
 *
 * `needs`: what the loader must know first, e.g. an id that arrives with onLoad: it loads when that is there, and
 * anew when it becomes another.
 */
export function useResource<T>(topic: string, loader: () => Promise<T>, needs?: () => string): Resource<T> {
  return resourceOf(topic, loader, () => identity.token !== '', needs)
}

/** The same for pages that are seen before signing in. */
export function useOpenResource<T>(topic: string, loader: () => Promise<T>, needs?: () => string): Resource<T> {
  return resourceOf(topic, loader, () => true, needs)
}

function resourceOf<T>(topic: string, loader: () => Promise<T>, mayLoad: () => boolean, needs?: () => string): Resource<T> {
  let visible = true
  let stale = false
  let loadedAt = 0
  let attempt = 0
  /** For which kind of account they were asked for; another kind would be refused. */
  let kind = ''
  const isOfAnotherKind = () => kind !== '' && identity.kind !== '' && kind !== identity.kind

  const resource = shallowReactive<Resource<T>>({
    data: undefined,
    error: undefined,
    loading: false,
    offline: false,
    reload,
  }) as Resource<T>

  async function reload() {
    if ((needs && !needs()) || !mayLoad() || isOfAnotherKind()) return
    const mine = ++attempt
    kind = identity.kind
    stale = false
    resource.loading = true
    try {
      const loaded = await loader()
      if (mine !== attempt) return
      resource.data = loaded
      resource.error = undefined
      resource.offline = false
      kind = identity.kind
      loadedAt = Date.now()
    } catch (thrown) {
      if (mine !== attempt) return
      kind = ''
      resource.error = asApiError(thrown)
      resource.offline = resource.error.offline
      stale = true
    }
    resource.loading = false
  }

  function renew() {
    if (visible) void reload()
    else stale = true
  }

  /** Other data altogether: nobody may see the last person's while the next one's are on the way. */
  function startOver() {
    attempt += 1
    resource.data = undefined
    resource.error = undefined
    resource.loading = false
    renew()
  }

  const forget = onChange((change) => {
    if (change.topic === undefined || change.topic === topic) renew()
  })
  onUnmounted(() => {
    attempt += 1
    forget()
  })
  watch(() => [identity.token, identity.forPerson], startOver)
  if (needs) watch(needs, startOver)
  onShow(() => {
    visible = true
    if (stale || (loadedAt > 0 && Date.now() - loadedAt > FRESH_MS)) void reload()
  })
  onHide(() => {
    visible = false
  })

  void reload()
  return resource
}

interface Page<T> {
  items: T[]
  next?: string | null
}

export interface Pages<T> extends Resource<Page<T>> {
  /** Appends the next page; nothing when there is none or one is on its way. */
  more: () => Promise<void>
}

/** A list that comes page by page; a renewal begins with its first page again. */
export function usePages<T>(
  topic: string,
  loader: (cursor: string | undefined) => Promise<Page<T>>,
  needs?: () => string,
): Pages<T> {
  const resource = useResource(topic, () => loader(undefined), needs) as Pages<T>
  resource.more = async () => {
    const shown = resource.data
    if (!shown?.next || resource.loading) return
    resource.loading = true
    try {
      const next = await loader(shown.next)
      if (resource.data === shown) resource.data = { ...next, items: [...shown.items, ...next.items] }
    } catch (thrown) {
      resource.error = asApiError(thrown)
    }
    resource.loading = false
  }
  return resource
}
