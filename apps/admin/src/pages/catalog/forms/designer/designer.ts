import { computed, reactive, ref, shallowRef } from 'vue'
import type { Shape } from '@/api/types'
import type { Draft } from '../../draft'
import * as edit from './definition'
import type { Definition, Flag, Item, ItemType, Path, Score } from './definition'
import { renameCode } from './references'

/** What the middle panel is about. */
export type Selection =
  | { kind: 'form' }
  | { kind: 'item'; key: string }
  | { kind: 'score'; index: number }
  | { kind: 'flag'; index: number }

type Problem = Shape<'ProblemView'>

/** The designer of one version: what is selected, what is wrong, and the changes that the panels make. */
export function useDesigner(draft: Draft<Definition>, readonly: boolean, first: Problem[]) {
  const definition = computed(() => draft.value.value)
  const selection = shallowRef<Selection>({ kind: 'form' })
  const problems = ref<Problem[]>(first)

  const path = computed<Path | null>(() => (selection.value.kind === 'item' ? edit.pathOf(selection.value.key) : null))
  const item = computed(() => (path.value ? edit.itemAt(definition.value, path.value) : undefined))

  const problemsOf = computed(() => {
    const found = new Map<string, string[]>()
    for (const { link_id, message } of problems.value) found.set(link_id, [...(found.get(link_id) ?? []), message])
    return found
  })

  function set(next: Definition, part = '') {
    if (!readonly) draft.set(next, part)
  }

  function select(next: Selection) {
    selection.value = next
  }
  const selectItem = (at: Path) => select({ kind: 'item', key: edit.keyOf(at) })

  /** Goes to what a problem or a click in the preview names: an item, a score, a flag, or the form itself. */
  function show(code: string) {
    const at = edit.placeOf(definition.value, code)
    if (at) return selectItem(at)
    const score = (definition.value.score ?? []).findIndex((one) => one.code === code)
    if (score >= 0) return select({ kind: 'score', index: score })
    const flag = (definition.value.flag ?? []).findIndex((one) => one.code === code)
    select(flag >= 0 ? { kind: 'flag', index: flag } : { kind: 'form' })
  }

  function take(moved: edit.Moved | null) {
    if (!moved) return
    set(moved.definition)
    selectItem(moved.path)
  }

  function addItem(made: Item) {
    const at = edit.placeForNew(definition.value, path.value)
    set(edit.insertItem(definition.value, at, made))
    selectItem(at)
  }

  return reactive({
    readonly,
    definition,
    selection,
    problems,
    path,
    item,
    problemsOf,
    select,
    show,
    take,
    add: (type: ItemType) => addItem(edit.newItem(definition.value, type)),
    copy: (at: Path) => {
      const found = edit.itemAt(definition.value, at)
      if (!found) return
      const next = [...at.slice(0, -1), (at.at(-1) ?? 0) + 1]
      set(edit.insertItem(definition.value, next, edit.copyOf(definition.value, found)))
      selectItem(next)
    },
    remove: (at: Path) => {
      const next = edit.removeItem(definition.value, at)
      set(next)
      const rows = edit.rowsOf(next.item)
      const key = rows.find((row) => row.key === edit.keyOf(at))?.key ?? rows.at(-1)?.key
      select(key === undefined ? { kind: 'form' } : { kind: 'item', key })
    },
    changeForm: (change: Partial<Definition>) =>
      set(edit.without({ ...definition.value, ...change }), `form ${Object.keys(change).join()}`),
    changeItem: (change: Partial<Item>) => {
      if (path.value) {
        const part = `${edit.keyOf(path.value)} ${Object.keys(change).join()}`
        set(edit.changeItem(definition.value, path.value, change), part)
      }
    },
    replace: (next: Definition) => set(next),
    rename: (from: string, to: string) => set(renameCode(definition.value, from, to)),
    changeScore: (index: number, change: Partial<Score>) =>
      set(
        { ...definition.value, score: changedAt(definition.value.score ?? [], index, change) },
        `score ${index} ${Object.keys(change).join()}`,
      ),
    changeFlag: (index: number, change: Partial<Flag>) =>
      set(
        { ...definition.value, flag: changedAt(definition.value.flag ?? [], index, change) },
        `flag ${index} ${Object.keys(change).join()}`,
      ),
    addScore: () => {
      const score = definition.value.score ?? []
      const code = edit.freeCode(edit.codesOf(definition.value), 'score_')
      set({ ...definition.value, score: [...score, { code, title: '新的得分', expression: '0' }] })
      select({ kind: 'score', index: score.length })
    },
    addFlag: () => {
      const flag = definition.value.flag ?? []
      const code = edit.freeCode(new Set(flag.map((one) => one.code)), 'flag_')
      set({ ...definition.value, flag: [...flag, { code, display: '新的提醒', level: 'warning', when: 'False' }] })
      select({ kind: 'flag', index: flag.length })
    },
    removeScore: (index: number) => {
      set({ ...definition.value, score: (definition.value.score ?? []).filter((_, at) => at !== index) })
      select({ kind: 'form' })
    },
    removeFlag: (index: number) => {
      set({ ...definition.value, flag: (definition.value.flag ?? []).filter((_, at) => at !== index) })
      select({ kind: 'form' })
    },
  })
}

export type Designer = ReturnType<typeof useDesigner>

function changedAt<T extends object>(all: readonly T[], index: number, change: Partial<T>): T[] {
  return all.map((one, at) => (at === index ? edit.without({ ...one, ...change }) : one))
}
