// What an outline of things in things needs to know, apart from drawing it.

export interface OutlineRow {
  key: string
  parent: string | null
  depth: number
  /** May have something inside, though there may be nothing yet. */
  branch?: boolean
}

/** Where something is put down, seen from another row. */
export type Place = 'before' | 'after' | 'inside'

/** One step by keyboard: among its siblings, into the branch before it, out behind its parent. */
export type Step = 'up' | 'down' | 'in' | 'out'

/** The rows without what lies in a folded branch. Rows come parents first. */
export function visible<R extends OutlineRow>(rows: readonly R[], folded: ReadonlySet<string>): R[] {
  const hidden = new Set<string>()
  return rows.filter((row) => {
    const gone = row.parent !== null && (hidden.has(row.parent) || folded.has(row.parent))
    if (gone) hidden.add(row.key)
    return !gone
  })
}

/** Whether `key` is `ancestor` or lies in it. */
export function within(rows: readonly OutlineRow[], key: string, ancestor: string): boolean {
  const parents = new Map(rows.map((row) => [row.key, row.parent]))
  for (let at: string | null = key; at !== null; at = parents.get(at) ?? null) {
    if (at === ancestor) return true
  }
  return false
}

/** The branches that must be open for `key` to be seen. */
export function above(rows: readonly OutlineRow[], key: string): string[] {
  const parents = new Map(rows.map((row) => [row.key, row.parent]))
  const found: string[] = []
  for (let at = parents.get(key) ?? null; at !== null; at = parents.get(at) ?? null) found.push(at)
  return found
}

/** Where a drop would land: `share` is how far down the row the pointer is, 0 to 1. */
export function placeAt(share: number, branch: boolean): Place {
  if (!branch) return share < 0.5 ? 'before' : 'after'
  if (share < 0.3) return 'before'
  return share > 0.7 ? 'after' : 'inside'
}
