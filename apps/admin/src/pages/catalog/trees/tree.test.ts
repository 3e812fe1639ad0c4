import { describe, expect, it } from 'vitest'
import { added, changed, differences, elementsOf, moved, removed, renamed, rowsOf, stepped } from './tree'

const lung = elementsOf([
  { path: 'breath', name: '呼吸音' },
  { path: 'breath.site', name: '部位' },
  { path: 'breath.site.side', name: '侧别' },
  { path: 'rales', name: '罗音' },
  { path: 'rales.site', name: '部位' },
  { path: 'original', name: '原文' },
])
const paths = (elements: { path: string }[] | readonly { path: string }[] | undefined) => elements?.map((one) => one.path)

describe('tree', () => {
  it('knows where every element lies', () => {
    expect(rowsOf(lung).map((row) => [row.parent, row.depth])).toEqual([
      [null, 0],
      ['breath', 1],
      ['breath.site', 2],
      [null, 0],
      ['rales', 1],
      [null, 0],
    ])
  })

  it('adds at the end of a branch under a free path', () => {
    const once = added(lung, 'breath')
    expect(once?.path).toBe('breath.element')
    expect(paths(once?.elements)?.[3]).toBe('breath.element')
    expect(added(once!.elements, 'breath')?.path).toBe('breath.element_2')
    expect(added(lung, '')?.elements.at(-1)?.path).toBe('element')
    expect(added(lung, 'a.b.c.d.e')).toBeNull()
  })

  it('removes with what lies in it', () => {
    expect(paths(removed(lung, 'breath'))).toEqual(['rales', 'rales.site', 'original'])
  })

  it('renames with what lies in it, unless the path is taken', () => {
    expect(paths(renamed(lung, 'breath', 'sound')?.elements)?.slice(0, 3)).toEqual([
      'sound',
      'sound.site',
      'sound.site.side',
    ])
    expect(renamed(lung, 'breath', 'rales')).toBeNull()
  })

  it('moves before, after and into another, with what lies in it', () => {
    expect(paths(moved(lung, 'original', 'breath', 'before')?.elements)?.[0]).toBe('original')
    expect(paths(moved(lung, 'breath', 'rales', 'after')?.elements)).toEqual([
      'rales',
      'rales.site',
      'breath',
      'breath.site',
      'breath.site.side',
      'original',
    ])
    const into = moved(lung, 'breath.site', 'rales', 'inside')
    expect(into?.path).toBe('rales.site_2') // rales.site is taken
    expect(paths(into?.elements)).toEqual([
      'breath',
      'rales',
      'rales.site',
      'rales.site_2',
      'rales.site_2.side',
      'original',
    ])
    expect(moved(lung, 'breath', 'breath.site', 'inside')).toBeNull()
  })

  it('steps among its siblings, in and out', () => {
    expect(paths(stepped(lung, 'rales', 'up')?.elements)?.slice(0, 2)).toEqual(['rales', 'rales.site'])
    expect(stepped(lung, 'breath', 'up')).toBeNull()
    expect(stepped(lung, 'rales', 'in')?.path).toBe('breath.rales')
    const out = stepped(lung, 'breath.site', 'out')
    expect(out?.path).toBe('site')
    expect(paths(out?.elements)).toEqual(['breath', 'site', 'site.side', 'rales', 'rales.site', 'original'])
    expect(stepped(lung, 'breath', 'out')).toBeNull()
  })

  it('does not grow deeper than five', () => {
    const deep = elementsOf(['a', 'a.b', 'a.b.c', 'a.b.c.d', 'x', 'x.y'].map((path) => ({ path })))
    expect(moved(deep, 'x', 'a.b.c.d', 'inside')).toBeNull()
    expect(moved(deep, 'x.y', 'a.b.c.d', 'inside')?.path).toBe('a.b.c.d.y')
  })

  it('tells versions apart', () => {
    const next = changed(removed(lung, 'original'), 'rales', { name: '啰音' })
    const found = differences(lung, added(next, '')!.elements)
    expect([...found]).toEqual([
      ['rales', 'changed'],
      ['element', 'added'],
      ['original', 'removed'],
    ])
    expect(differences(lung, lung).size).toBe(0)
  })
})
