import { describe, expect, it } from 'vitest'
import { changesBetween, emptyDraft, fromIdNumber, givenOf } from './person-draft'

describe('a record in a form', () => {
  it('reads birth date and sex from a resident id number', () => {
    expect(fromIdNumber('110101196803150016')).toEqual({ birth_date: '1968-03-15', sex: '1' })
    expect(fromIdNumber('32010219900402002x')).toEqual({ birth_date: '1990-04-02', sex: '2' })
  })

  it('reads nothing from what is none', () => {
    expect(fromIdNumber('110101196802300016')).toBeNull() // 30 February
    expect(fromIdNumber('G12345678')).toBeNull()
  })

  it('sends no kind of document without a number', () => {
    expect(givenOf({ ...emptyDraft(), name: ' 张三 ' })).toMatchObject({ name: '张三', id_type: null, id_number: null })
  })

  it('sends only what was changed, null for what was emptied', () => {
    const before = { ...emptyDraft(), name: '张三', phone: '13800000001', address: '旧址' }
    const after = { ...before, phone: '13900000002', address: ' ', id_number: '110101196803150016' }
    expect(changesBetween(before, after)).toEqual({
      phone: '13900000002',
      address: null,
      id_number: '110101196803150016',
      id_type: '01',
    })
    expect(changesBetween(before, { ...before })).toEqual({})
  })
})
