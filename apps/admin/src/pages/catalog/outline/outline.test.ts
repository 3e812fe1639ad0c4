import { describe, expect, it } from 'vitest'
import { above, placeAt, visible, within } from './outline'

const rows = [
  { key: 'a', parent: null, depth: 0, branch: true },
  { key: 'b', parent: 'a', depth: 1, branch: true },
  { key: 'c', parent: 'b', depth: 2 },
  { key: 'd', parent: null, depth: 0 },
]
const keys = (folded: string[]) => visible(rows, new Set(folded)).map((row) => row.key)

describe('outline', () => {
  it('hides what lies in a folded branch, however deep', () => {
    expect(keys([])).toEqual(['a', 'b', 'c', 'd'])
    expect(keys(['b'])).toEqual(['a', 'b', 'd'])
    expect(keys(['a'])).toEqual(['a', 'd'])
  })

  it('knows what lies in what', () => {
    expect(within(rows, 'c', 'a')).toBe(true)
    expect(within(rows, 'a', 'a')).toBe(true)
    expect(within(rows, 'a', 'c')).toBe(false)
    expect(within(rows, 'd', 'a')).toBe(false)
    expect(above(rows, 'c')).toEqual(['b', 'a'])
  })

  it('drops into a branch only in its middle', () => {
    expect([0.1, 0.5, 0.9].map((share) => placeAt(share, true))).toEqual(['before', 'inside', 'after'])
    expect([0.1, 0.9].map((share) => placeAt(share, false))).toEqual(['before', 'after'])
  })
})
