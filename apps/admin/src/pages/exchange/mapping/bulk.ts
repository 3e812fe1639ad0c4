import type { Shape } from '@/api/types'
import type { Item, Suggestion } from './suggestions'

export interface Row {
  item: Item
  best: Suggestion | null
}

export interface Line extends Row {
  /** fine: proposed. low: under the threshold. doubtful: may be right, a person ticks it. impossible: cannot be confirmed. */
  kind: 'fine' | 'low' | 'doubtful' | 'impossible'
  says: string
  proposed: boolean
}

/** What bulk confirmation would do with each row, in the order given. */
export function plan(rows: Row[], checks: Shape<'MappingCheck'>[], least: number, refused: Record<string, string>): Line[] {
  const told = new Map(checks.map((check) => [check.vendor_item_code, check]))
  const sharers = new Map<string, Item[]>()
  for (const { item, best } of rows) {
    if (best) sharers.set(best.item_code, [...(sharers.get(best.item_code) ?? []), item])
  }
  return rows.map((row) => {
    const line = (kind: Line['kind'], says: string): Line => ({ ...row, kind, says, proposed: kind === 'fine' })
    if (!row.best) return line('impossible', '没有推荐，请单独处理')
    const check = told.get(row.item.code)
    const problem = refused[row.item.code] || check?.problem
    if (problem) return line('impossible', problem)
    if (row.item.status === 'confirmed') return line('doubtful', `已对照到 ${row.item.item_name}，确认即改为这一项`)
    const others = sharers.get(row.best.item_code)!.filter((other) => other.code !== row.item.code)
    if (others.length) return line('doubtful', `与 ${others.map((other) => other.code).join('、')} 选了同一个标准项目`)
    if (check?.also_mapped.length) return line('doubtful', `这个标准项目已有对照：${check.also_mapped.join('、')}`)
    if (row.best.score < least) return line('low', '低于所定的推荐分')
    return line('fine', row.best.reasons.slice(0, 2).join('、'))
  })
}
