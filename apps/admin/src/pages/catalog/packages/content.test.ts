import { describe, expect, it } from 'vitest'
import { memberRows, placed, stepped } from './content'

const codes = ['a', 'b', 'c', 'd']

describe('members of a package', () => {
  it('are put before or after another', () => {
    expect(placed(codes, 0, 2, 'before')).toEqual(['b', 'a', 'c', 'd'])
    expect(placed(codes, 0, 2, 'after')).toEqual(['b', 'c', 'a', 'd'])
    expect(placed(codes, 3, 0, 'before')).toEqual(['d', 'a', 'b', 'c'])
    expect(placed(codes, 1, 1, 'after')).toEqual(codes)
  })

  it('step up and down, and stop at the ends', () => {
    expect(stepped(codes, 1, 'up')).toEqual(['b', 'a', 'c', 'd'])
    expect(stepped(codes, 1, 'down')).toEqual(['a', 'c', 'b', 'd'])
    expect(stepped(codes, 0, 'up')).toEqual(codes)
    expect(stepped(codes, 3, 'down')).toEqual(codes)
  })

  it('keep apart what stands twice', () => {
    expect(memberRows(['a', 'b', 'a']).map((row) => row.key)).toEqual(['a', 'b', 'a 2'])
  })
})
