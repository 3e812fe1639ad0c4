import { nextTick, ref, shallowRef, watch } from 'vue'
import { merged, newKey, type Outgoing, type Said } from './talk'
import { asApiError } from '@/api'
import { type LocalFile, sendFile } from '@/api/file'
import { announce, useResource } from '@/live'

export const TALK_TOPIC = 'messaging.messages'

interface Piece<M> {
  items: M[]
  more: boolean
}

/** One side of a conversation: how it is read, and what is said in it. */
interface Side<M extends Said, S> {
  /** Which conversation; empty while nobody knows. */
  which: () => string
  /** What the other side's messages are. */
  theirs: Said['direction']
  state: () => Promise<S>
  /** The last messages, or those before a number, in their order. */
  piece: (before?: number) => Promise<Piece<M>>
  uploadTo: (kind: string) => string
  post: (out: Outgoing) => Promise<M>
  /** Tells that one has seen up to this number; the next message tries again. */
  seen: (upTo: number, state: S) => Promise<unknown> | undefined
}

/**
 * A conversation as its page shows it: read without gaps, renewed by live changes, the end kept in sight, and what is sent with
 * a key that makes it arrive once. The page itself forwards scrolling and showing: hooks must stand in the file of a page.
 */
export function useTalk<M extends Said, S>(side: Side<M, S>) {
  const messages = shallowRef<M[]>([])
  const hasOlder = ref(false)
  const trouble = ref('')
  const unseen = ref(false)
  const outbox = ref<Outgoing[]>([])
  const files = new Map<string, LocalFile>()
  const newest = () => messages.value[messages.value.length - 1]

  const talk = useResource(
    TALK_TOPIC,
    async () => {
      const [state, page] = await Promise.all([side.state(), side.piece()])
      return { state, page: await withoutGap(page) }
    },
    side.which,
  )

  /** Away for more than a page: what lies between is read, too. */
  async function withoutGap(page: Piece<M>): Promise<Piece<M>> {
    let { items, more } = page
    const known = newest()?.seq ?? 0
    while (known && more && items[0] && items[0].seq > known + 1) {
      const before = await side.piece(items[0].seq)
      items = [...before.items, ...items]
      more = before.more
    }
    return { items, more }
  }

  watch(
    () => talk.data,
    (now) => {
      if (!now) return
      if (messages.value.length === 0) hasOlder.value = now.page.more
      take(now.page.items)
      markSeen()
    },
  )

  function forget() {
    messages.value = []
    outbox.value = []
  }

  function take(fresh: M[]) {
    const before = newest()?.seq ?? 0
    messages.value = merged(messages.value, fresh)
    const last = newest()
    if (!last || last.seq <= before) return
    if (away && last.direction === side.theirs) unseen.value = true
    else void toEnd()
  }

  async function older() {
    const first = messages.value[0]
    if (!first) return
    try {
      const page = await side.piece(first.seq)
      hasOlder.value = page.more
      messages.value = merged(messages.value, page.items)
      await nextTick()
      uni.pageScrollTo({ selector: `#m-${first.seq}`, duration: 0 })
    } catch (thrown) {
      trouble.value = asApiError(thrown).message
    }
  }

  // ---- where one reads ----

  let away = false
  let lastTop = 0
  let visible = true

  function scrolled({ scrollTop }: { scrollTop: number }) {
    if (scrollTop < lastTop - 8) away = true
    lastTop = scrollTop
  }

  function atEnd() {
    away = false
    unseen.value = false
  }

  async function toEnd() {
    atEnd()
    await nextTick()
    uni.pageScrollTo({ scrollTop: 999_999, duration: 0 })
  }

  /** A picture has come: who reads the end goes on doing so. */
  function stay() {
    if (!away) void toEnd()
  }

  function hidden() {
    visible = false
  }

  function shown() {
    visible = true
    markSeen()
  }

  function markSeen() {
    const last = newest()
    if (visible && last && talk.data) void side.seen(last.seq, talk.data.state)?.catch(() => undefined)
  }

  // ---- sending ----

  function put(kind: Outgoing['kind'], what: { text?: string; file?: LocalFile }) {
    const key = newKey()
    if (what.file) files.set(key, what.file)
    outbox.value = [...outbox.value, { key, kind, text: what.text, failure: '' }]
    void toEnd()
    void send(key)
  }

  async function send(key: string) {
    const out = outbox.value.find((one) => one.key === key)
    if (!out) return
    out.failure = ''
    trouble.value = ''
    const where = side.which()
    try {
      const file = files.get(key)
      if (file && !out.mediaId) out.mediaId = (await sendFile<{ id: string }>(side.uploadTo(out.kind), file)).id
      const sent = await side.post(out)
      files.delete(key)
      outbox.value = outbox.value.filter((one) => one.key !== key)
      if (where === side.which()) take([sent])
      announce(TALK_TOPIC)
    } catch (thrown) {
      out.failure = asApiError(thrown).message
    }
  }

  /** Something done to one message: shown as it is now. */
  async function change(request: () => Promise<M>) {
    trouble.value = ''
    try {
      take([await request()])
    } catch (thrown) {
      trouble.value = asApiError(thrown).message
    }
  }

  return { talk, messages, hasOlder, older, outbox, put, send, change, trouble, unseen, toEnd, stay, scrolled, atEnd, hidden, shown, forget }
}
