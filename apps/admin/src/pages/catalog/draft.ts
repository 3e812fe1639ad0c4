import { computed, onBeforeUnmount, ref, shallowRef } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'
import { ApiError, told } from '@/api/error'
import { confirmDanger } from '@/components/confirm-danger'
import { toast } from '@/components/toast'

export type SaveState = 'saved' | 'waiting' | 'saving' | 'conflict' | 'failed'

interface Options<T> {
  /** Stores the value on top of the given revision; returns the new revision. */
  save: (value: T, revision: number) => Promise<number>
  /** The newest revision of the draft on the server, whoever saved it. */
  newest: () => Promise<{ value: T; revision: number }>
  /** The code of the refusal that somebody else saved in between. */
  conflictCode: string
}

const PAUSE_MS = 700
const STEPS_KEPT = 100
const SAME_STEP_MS = 1500

/**
 * A draft that saves itself soon after it was changed, can be taken back step by step, and notices when somebody else saved
 * it meanwhile. The value is never changed in place: `set` takes the next one.
 */
export function useDraft<T>(first: { value: T; revision: number }, options: Options<T>) {
  const value = shallowRef(first.value)
  const revision = ref(first.revision)
  const state = ref<SaveState>('saved')
  const trouble = ref('')
  const past = shallowRef<T[]>([])
  const future = shallowRef<T[]>([])
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> = Promise.resolve()
  let latest = { part: '', at: 0 }

  function put(next: T) {
    value.value = next
    if (state.value === 'conflict') return
    state.value = 'waiting'
    clearTimeout(timer)
    timer = setTimeout(() => void flush(), PAUSE_MS)
  }

  /** Takes the next value. Changes of the same `part` in quick succession, as in typing, are one step to take back. */
  function set(next: T, part = '') {
    if (next === value.value) return
    const now = Date.now()
    const goesOn = part !== '' && part === latest.part && now - latest.at < SAME_STEP_MS
    if (!goesOn) past.value = [...past.value.slice(1 - STEPS_KEPT), value.value]
    latest = { part, at: now }
    future.value = []
    put(next)
  }

  function undo() {
    const before = past.value.at(-1)
    if (before === undefined) return
    past.value = past.value.slice(0, -1)
    latest = { part: '', at: 0 }
    future.value = [value.value, ...future.value]
    put(before)
  }

  function redo() {
    const [next, ...rest] = future.value
    if (next === undefined) return
    past.value = [...past.value, value.value]
    future.value = rest
    put(next)
  }

  /** Saves now what is not saved yet. True when the server has what the page shows. */
  async function flush(): Promise<boolean> {
    clearTimeout(timer)
    running = running.then(store)
    await running
    return state.value === 'saved'
  }

  async function store() {
    if (state.value === 'saved' || state.value === 'conflict') return
    const wanted = value.value
    state.value = 'saving'
    try {
      revision.value = await options.save(wanted, revision.value)
      trouble.value = ''
      state.value = value.value === wanted ? 'saved' : 'waiting'
      if (state.value === 'waiting') await store()
    } catch (error) {
      trouble.value = told(error)
      const theirs = error instanceof ApiError && error.code === options.conflictCode
      state.value = theirs ? 'conflict' : 'failed'
    }
  }

  /** After a conflict: what the other one saved, or mine on top of it. */
  async function settle(keep: 'mine' | 'theirs') {
    try {
      const found = await options.newest()
      revision.value = found.revision
      if (keep === 'theirs') {
        past.value = [...past.value, value.value]
        value.value = found.value
        state.value = 'saved'
      } else {
        state.value = 'waiting'
        await flush()
      }
    } catch (error) {
      toast.failed(error)
    }
  }

  const unsaved = computed(() => state.value !== 'saved')
  const stay = (event: BeforeUnloadEvent) => unsaved.value && event.preventDefault()
  window.addEventListener('beforeunload', stay)
  onBeforeUnmount(() => {
    void flush()
    window.removeEventListener('beforeunload', stay)
  })
  onBeforeRouteLeave(async () => {
    if (await flush()) return true
    const sure = await confirmDanger({
      title: '离开并放弃修改',
      consequences: [`最近的修改没有保存：${trouble.value}`, '离开后这些修改无法找回。'],
      action: '放弃并离开',
    })
    if (sure) state.value = 'saved'
    return sure !== null
  })

  return {
    value,
    revision,
    state,
    trouble,
    set,
    undo,
    redo,
    flush,
    settle,
    canUndo: computed(() => past.value.length > 0),
    canRedo: computed(() => future.value.length > 0),
  }
}

export type Draft<T> = ReturnType<typeof useDraft<T>>
