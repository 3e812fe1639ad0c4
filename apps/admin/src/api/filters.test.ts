import { describe, expect, it } from 'vitest'
import { fromQuery, toQuery, toSend } from './filters'

const defaults = { state: 'draft', q: '', overdue: false }

describe('filters in the address', () => {
  it('come back as they went', () => {
    for (const filters of [
      defaults,
      { state: '', q: '血糖', overdue: true },
      { state: 'used', q: '', overdue: false },
    ]) {
      const query = Object.fromEntries(Object.entries(toQuery(defaults, filters)).filter(([, value]) => value))
      expect(fromQuery(defaults, query)).toEqual(filters)
    }
  })

  it('leave the address of an unfiltered list plain', () => {
    expect(Object.values(toQuery(defaults, defaults)).every((value) => value === undefined)).toBe(true)
  })

  it('take nothing from an address that is not a filter, nor a repeated one', () => {
    expect(fromQuery(defaults, { cursor: 'x', q: ['a', 'b'] })).toEqual(defaults)
  })

  it('send only what matters', () => {
    expect(toSend({ state: '', q: '血', overdue: false })).toEqual({ q: '血' })
  })
})
