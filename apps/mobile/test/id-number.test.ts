import { describe, expect, it } from 'vitest'
import { holderOf } from '@/id-number'

describe('an ID number', () => {
  it('tells birth date and sex', () => {
    expect(holderOf('110101196803150016')).toEqual({ birthDate: '1968-03-15', sex: '1' })
    expect(holderOf(' 32010219900402002x ')).toEqual({ birthDate: '1990-04-02', sex: '2' })
  })

  it('is refused when a digit is wrong, missing or the day does not exist', () => {
    for (const wrong of ['110101196803150017', '11010119680315001', '', '110101199002310011']) {
      expect(holderOf(wrong)).toBeUndefined()
    }
  })
})
