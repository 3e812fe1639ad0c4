import { describe, expect, it } from 'vitest'
import { added, bytesOf, changed, countIn, findingsAt, keyOf, moved, type Top } from './menu'

const names = (buttons: readonly Top[]) => buttons.map((one) => [one.name, ...(one.buttons ?? []).map((below) => below.name)])

describe('a menu that is edited', () => {
  const one = added([], null).buttons
  const two = added(one, 0).buttons

  it('gets buttons at the top and below', () => {
    expect(names(two)).toEqual([['菜单1', '子菜单1']])
    expect(two[0]?.type).toBe('')
    expect(added(two, 0).place).toEqual({ top: 0, below: 1 })
  })

  it('loses and changes them', () => {
    expect(names(changed(two, { top: 0, below: 0 }))).toEqual([['菜单1']])
    expect(changed(two, { top: 0, below: null })).toEqual([])
    expect(names(changed(two, { top: 0, below: 0 }, (button) => ({ ...button, name: '预约' })))).toEqual([['菜单1', '预约']])
  })

  it('moves them among their equals', () => {
    const three = added(added(two, 0).buttons, null).buttons
    const down = moved(three, { top: 0, below: 0 }, 1)
    expect(names(down.buttons)).toEqual([['菜单1', '子菜单2', '子菜单1'], ['菜单2']])
    expect(down.place).toEqual({ top: 0, below: 1 })
    expect(moved(three, { top: 1, below: null }, 1).place).toEqual({ top: 1, below: null })
    expect(names(moved(three, { top: 1, below: null }, -1).buttons)[0]).toEqual(['菜单2'])
  })
})

describe('what the server finds', () => {
  const problems = { buttons: 'a', 'buttons.0.name': 'b', 'buttons.0.buttons.1.url': 'c', 'personal.0.tag_id': 'd', 'personal.0.buttons.0.type': 'e' }

  it('stands at its button', () => {
    expect(keyOf(0, { top: 1, below: 2 })).toBe('personal.0.buttons.1.buttons.2')
    expect(findingsAt(problems, 'default', { top: 0, below: null })).toEqual(['b'])
    expect(findingsAt(problems, 'default', { top: 0, below: 1 })).toEqual(['c'])
    expect([countIn(problems, 'default'), countIn(problems, 0)]).toEqual([3, 2])
  })

  it('counts bytes as WeChat does', () => expect(bytesOf('预约a')).toBe(7))
})
