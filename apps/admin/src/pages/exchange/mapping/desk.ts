import { useQueryClient } from '@tanstack/vue-query'
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { ApiError, told } from '@/api/error'
import type { Page } from '@/api/keyset'
import type { Shape } from '@/api/types'
import { confirmDanger } from '@/components/confirm-danger'
import { useDecisions, type Done } from './decisions'
import type { Candidate, Item, Suggestion } from './suggestions'

interface Surroundings {
  /** The item to go on with after a decision. */
  next: () => string | null
  suggestionsOf: (item: Item) => Suggestion[] | undefined
}

/** What a person is about to decide on the current item, deciding it, and what came of it. */
export function useDesk(vendorId: string, item: Ref<Item | undefined>, around: Surroundings) {
  const queries = useQueryClient()
  const decisions = useDecisions(vendorId)

  const picked = shallowRef<Candidate | null>(null)
  const unit = ref('')
  const busy = ref(false)
  const problem = ref('')
  const changes = ref<string[]>([])
  const changedWhileShown = ref(false)
  const last = shallowRef<(Done & { at: number; undoable: boolean }) | null>(null)
  let back: (() => Promise<void>) | null = null

  watch(
    () => item.value?.code,
    () => {
      picked.value = null
      unit.value = item.value?.assumed_unit ?? ''
      problem.value = ''
      changes.value = []
      changedWhileShown.value = false
    },
    { immediate: true },
  )

  // The live stream may bring the change before the person confirms: what is seen is new then, and must be seen to be.
  let refusedAs = ''
  watch(item, (now, before) => {
    if (!now || !before || now.code !== before.code || now.changed_at === before.changed_at) return
    changes.value = differences(before, now)
    changedWhileShown.value = before.changed_at !== refusedAs
  })

  const chosen = computed<Candidate | null>(() => {
    const now = item.value
    if (picked.value || !now) return picked.value
    if (now.status === 'unmapped') return around.suggestionsOf(now)?.[0] ?? null
    // What only changed its name is most often still the same.
    return now.status === 'needs_review' ? present(now) : null
  })

  function tell(done: Done, undo: (() => Promise<void>) | null = null) {
    back = undo
    last.value = { ...done, at: Date.now(), undoable: undo !== null }
  }

  /** Runs a decision on one item; returns the item to go on with, null when it was refused. */
  async function run(now: Item, text: string, action: () => Promise<void>, undo: (() => Promise<void>) | null) {
    busy.value = true
    problem.value = ''
    changes.value = []
    const following = around.next()
    const waiting = waitingFor(now.code)
    try {
      await action()
      tell({ text, codes: [now.code], waiting }, undo)
      return following
    } catch (error) {
      await refused(now, error)
      return null
    } finally {
      busy.value = false
    }
  }

  function waitingFor(code: string): number {
    const key = ['exchange.staged_results', 'preview', vendorId, [code]]
    return queries.getQueryData<Shape<'ReleasePreview'>>(key)?.results ?? 0
  }

  /** The platform refuses what changed at the vendor after the person looked: then say what changed. */
  async function refused(now: Item, error: unknown) {
    refusedAs = now.changed_at
    await queries.invalidateQueries({ queryKey: ['catalog.mappings', 'list'] })
    const pages = queries.getQueriesData<Page<Item>>({ queryKey: ['catalog.mappings', 'list'], type: 'active' })
    const fresh = pages.flatMap(([, page]) => page?.items ?? []).find((one) => one.code === now.code)
    if (fresh && fresh.changed_at !== now.changed_at) changes.value = differences(now, fresh)
    else problem.value = (error instanceof ApiError && error.fields[now.code]) || told(error)
  }

  const choiceOf = (now: Item, code: string, assumed = '') => ({
    vendor_item_code: now.code,
    item_code: code,
    seen: now.changed_at,
    assumed_unit: assumed || null,
  })

  async function confirm() {
    const [now, to] = [item.value, chosen.value]
    if (!now || !to || busy.value) return null
    const before = now.item_code
    const undo =
      now.status === 'confirmed' && before
        ? () => decisions.confirm([choiceOf(now, before, now.assumed_unit)])
        : now.status === 'unmapped'
          ? () => decisions.remove([now.code])
          : null
    const text = `${now.code} ${now.name} → ${to.name}`
    return run(now, text, () => decisions.confirm([choiceOf(now, to.item_code, unit.value)]), undo)
  }

  async function reject() {
    const now = item.value
    if (!now || busy.value) return null
    const text = `${now.code} ${now.name} 已认定无对应`
    const told = await run(now, text, () => decisions.reject([now.code]), () => decisions.remove([now.code]))
    if (told !== null && last.value) last.value = { ...last.value, waiting: 0 } // they go on waiting
    return told
  }

  async function keep() {
    const now = item.value
    if (!now?.item_code || busy.value) return null
    const to = now.item_code
    const text = `${now.code} ${now.name} 恢复使用，对照到 ${now.item_name}`
    return run(now, text, () => decisions.confirm([choiceOf(now, to, unit.value)]), null)
  }

  async function disable() {
    const now = item.value
    if (!now) return null
    const sure = await confirmDanger({
      title: `停用「${now.name}」的对照`,
      consequences: [
        '此后推送的这个项目的结果不再入库，转为待处理结果。',
        '发给对方的体检清单不再带这个项目的编码。',
        '已经入库的结果不受影响；可以随时恢复使用。',
      ],
      action: '停用',
      reason: { label: '停用原因', placeholder: '至少 2 个字，记入审计日志' },
    })
    if (!sure) return null
    return run(now, `${now.code} ${now.name} 的对照已停用`, () => decisions.disable([now.code], sure.reason), null)
  }

  async function remove() {
    const now = item.value
    if (!now) return null
    if (now.status === 'rejected') {
      return run(now, `${now.code} ${now.name} 回到未对照`, () => decisions.remove([now.code]), null)
    }
    const sure = await confirmDanger({
      title: `取消「${now.name}」的对照`,
      consequences: ['项目回到未对照，此后推送的结果会等待重新对照。', '已经入库的结果不受影响。'],
      action: '取消对照',
      reason: { label: '取消原因', placeholder: '至少 2 个字，记入审计日志' },
    })
    if (!sure) return null
    const before = now.item_code
    const undo = before ? () => decisions.confirm([choiceOf(now, before, now.assumed_unit)]) : null
    return run(now, `${now.code} ${now.name} 回到未对照`, () => decisions.remove([now.code], sure.reason), undo)
  }

  async function undo() {
    if (!back || busy.value) return null
    const action = back
    const done = last.value!
    busy.value = true
    try {
      await action()
      tell({ text: `已撤销：${done.text}`, codes: [], waiting: 0 })
      return done.codes[0] ?? null
    } catch (error) {
      problem.value = told(error)
      return null
    } finally {
      busy.value = false
    }
  }

  return {
    chosen,
    unit,
    busy,
    problem,
    changes,
    changedWhileShown,
    last,
    told: tell,
    choose: (candidate: Candidate) => (picked.value = candidate),
    pick: (place: number) => {
      const wanted = item.value && around.suggestionsOf(item.value)?.[place]
      if (wanted) picked.value = wanted
    },
    confirm,
    reject,
    keep,
    disable,
    remove,
    undo,
  }
}

function present(item: Item): Candidate | null {
  return item.item_code ? { item_code: item.item_code, name: item.item_name ?? '', unit: '' } : null
}

const COMPARED: readonly [keyof Item, string][] = [
  ['name', '名称'],
  ['name_in_results', '结果中的名称'],
  ['unit', '单位'],
  ['specimen', '标本'],
  ['category_name', '分类'],
  ['department', '科室'],
  ['result_type', '结果类型'],
  ['active', '厂家是否在用'],
]

/** What is different now, a line each: «单位：mg/dL → mmol/L». */
export function differences(before: Item, now: Item): string[] {
  const shown = (value: unknown) => (value === true ? '是' : value === false ? '否' : String(value || '（空）'))
  const lines = COMPARED.filter(([field]) => before[field] !== now[field]).map(
    ([field, name]) => `${name}：${shown(before[field])} → ${shown(now[field])}`,
  )
  return lines.length ? lines : ['参考区间或其他说明']
}
