import { describe, expect, it } from 'vitest'
import { AES_KEY_LENGTH, randomKey, TOKEN_LENGTH } from './keys'

describe('keys for the callback', () => {
  it('are as long as WeChat wants them, of letters and digits', () => {
    for (const length of [TOKEN_LENGTH, AES_KEY_LENGTH]) expect(randomKey(length)).toMatch(new RegExp(`^[0-9A-Za-z]{${length}}$`))
  })

  it('are never the same', () => {
    expect(new Set(Array.from({ length: 100 }, () => randomKey(TOKEN_LENGTH))).size).toBe(100)
  })
})
