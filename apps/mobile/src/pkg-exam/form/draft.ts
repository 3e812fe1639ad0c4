import { onHide, onUnload } from '@dcloudio/uni-app'
import { computed, onUnmounted, ref, shallowRef, watch } from 'vue'
import { askedItems, type Answers, everyItem } from './conditions'
import { same } from './same'
import { stepsOf } from './steps'
import { api, type ApiError, asApiError, type Shape } from '@/api'
import { keep, kept } from '@/kept'
import { useResource } from '@/live'

type Sheet = Shape<'SheetView'>

/** What this device knows of a form that is being filled. */
interface Draft {
  sheet: Sheet
  answers: Answers
  /** Typed here, but the platform has not said that it has it. */
  unsent: boolean
  /** What was last sent: an answer of the platform may get lost although it has kept our answers. */
  sent?: Answers
}

export type SaveState = 'saved' | 'saving' | 'waiting' | 'refused'

const PAUSE_MS = 800
const AGAIN_MS = 10_000

/** A form that saves itself as one types; without network on this device, and later to the platform. */
export function useDraft(code: () => string) {
  const name = () => `form/${code()}`
  const opened = useResource('forms.responses', () => api.get('/api/patient/forms/{code}', { path: { code: code() } }), code)
  const draft = shallowRef<Draft>()
  const answers = shallowRef<Answers>({})
  const evaluation = shallowRef<Sheet['evaluation']>()
  const state = ref<SaveState>('saved')
  const refusal = ref<ApiError>()
  /** Newer answers from another device, while there are unsent ones here: the person chooses. */
  const conflict = shallowRef<Sheet>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let sending: Promise<void> | undefined

  function take(next: Draft) {
    draft.value = next
    answers.value = next.answers
    evaluation.value = next.sheet.evaluation
    keep(name(), next)
  }

  /** Our unsent answers on top of what the platform has; questions that it no longer asks are left out. */
  function onTopOf(sheet: Sheet, mine: Draft) {
    const known = everyItem(sheet.definition.item)
    const left = Object.keys(mine.answers).filter((link) => known.has(link))
    take({ sheet, answers: Object.fromEntries(left.map((link) => [link, mine.answers[link]])), unsent: true, sent: mine.sent })
    state.value = 'waiting'
    later(0)
  }

  /** The platform has told what it has. */
  function meet(sheet: Sheet) {
    const mine = draft.value ?? kept<Draft>(name())
    const late = mine?.sheet.response_id === sheet.response_id && sheet.revision < mine.sheet.revision
    if (late) return // asked before our last save, answered after it
    conflict.value = undefined
    if (!mine?.unsent || same(mine.answers, sheet.answers)) {
      state.value = 'saved'
      take({ sheet, answers: { ...sheet.answers }, unsent: false })
    } else if (sheet.revision === 0 || sheet.revision === mine.sheet.revision || same(mine.sent, sheet.answers)) {
      onTopOf(sheet, mine)
    } else {
      if (!draft.value) take(mine)
      conflict.value = sheet
      state.value = 'waiting'
    }
  }

  watch(
    () => opened.data,
    (sheet) => {
      if (sheet && !sending) meet(sheet)
    },
  )
  // Without network the form is there all the same when it was opened before.
  watch(
    () => opened.error,
    (error) => {
      const mine = error?.offline && !draft.value ? kept<Draft>(name()) : undefined
      if (mine) take(mine)
      if (mine?.unsent) state.value = 'waiting'
    },
  )

  function answer(link: string, value: unknown) {
    answers.value = { ...answers.value, [link]: value }
    if (!draft.value) return
    draft.value = { ...draft.value, answers: answers.value, unsent: true }
    keep(name(), draft.value)
    later(PAUSE_MS)
  }

  function later(pause: number) {
    clearTimeout(timer)
    timer = setTimeout(() => void save(), pause)
  }

  /** True when the platform has everything. `first`: also a form in which nothing was filled, so that it is there at all. */
  async function save(first = false): Promise<boolean> {
    clearTimeout(timer)
    await sending
    if (!draft.value) return false
    if (!draft.value.unsent && !(first && draft.value.sheet.revision === 0)) return true
    if (conflict.value) return false
    sending = send(draft.value)
    await sending
    sending = undefined
    return !draft.value.unsent && draft.value.sheet.revision > 0
  }

  async function send(mine: Draft) {
    state.value = 'saving'
    refusal.value = undefined
    const { response_id, version, revision } = mine.sheet
    draft.value = { ...mine, sent: mine.answers }
    keep(name(), draft.value)
    try {
      const path = { code: code(), response_id }
      const body = { version, revision, answers: mine.answers }
      const told = await api.put('/api/patient/forms/{code}/responses/{response_id}', { path, body })
      evaluation.value = told.evaluation
      const unsent = answers.value !== mine.answers
      draft.value = { ...mine, sheet: { ...mine.sheet, ...told }, answers: answers.value, unsent, sent: undefined }
      keep(name(), draft.value)
      state.value = unsent ? 'saving' : 'saved'
      if (unsent) later(PAUSE_MS)
    } catch (thrown) {
      failed(asApiError(thrown))
    }
  }

  function failed(error: ApiError) {
    if (error.offline || error.status >= 500 || error.status === 429) {
      state.value = 'waiting'
      later(AGAIN_MS)
    } else if (error.status === 409) {
      // Saved or completed elsewhere, or a new version of the form: what the platform has now decides (`meet`).
      state.value = 'waiting'
      void opened.reload()
    } else {
      state.value = 'refused'
      refusal.value = error
    }
  }

  /** Answers of the other device are taken, or ours are written over them. */
  function settle(which: 'theirs' | 'mine') {
    const theirs = conflict.value
    const mine = draft.value
    conflict.value = undefined
    if (!theirs) return
    if (which === 'mine' && mine) return onTopOf(theirs, mine)
    take({ sheet: theirs, answers: { ...theirs.answers }, unsent: false })
    state.value = 'saved'
  }

  function forget() {
    clearTimeout(timer)
    draft.value = undefined
    keep(name(), undefined)
  }

  onHide(() => void save())
  onUnload(() => void save())
  onUnmounted(() => clearTimeout(timer))

  const definition = computed(() => draft.value?.sheet.definition)
  const asked = computed(() =>
    draft.value && definition.value
      ? askedItems(definition.value.item, answers.value, draft.value.sheet.context)
      : new Set<string>(),
  )
  const steps = computed(() => (definition.value ? stepsOf(definition.value.title, definition.value.item, asked.value) : []))

  /** For StateView: the form is there as soon as the platform or this device has it. */
  const shown = {
    get data() {
      return draft.value
    },
    get error() {
      return draft.value ? undefined : opened.error
    },
    get loading() {
      return opened.loading
    },
    get offline() {
      return opened.offline
    },
    reload: () => opened.reload(),
  }

  return { shown, draft, definition, answers, evaluation, steps, state, refusal, conflict, answer, save, settle, forget, reload: opened.reload }
}
