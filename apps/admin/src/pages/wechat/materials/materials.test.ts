import { describe, expect, it } from 'vitest'
import { stateOf, titleOf, wrongWith, type Copy } from './materials'

const copy = (state: Copy['state']): Copy => ({ state, valid_until: null, failure: '', failed_at: null })

describe('an entry of the library', () => {
  it('stands at WeChat as the worst of what is held there', () => {
    expect(stateOf({ temporary: null, permanent: null })).toBe('none')
    expect(stateOf({ temporary: copy('expired'), permanent: copy('valid') })).toBe('valid')
    expect(stateOf({ temporary: copy('failed'), permanent: copy('valid') })).toBe('failed')
  })

  it('gets its title from the name of the file', () => {
    expect(titleOf('院区 地图.v2.png')).toBe('院区 地图.v2')
    expect(titleOf(`${'长'.repeat(60)}.mp4`)).toHaveLength(50)
  })

  it('is refused before it is sent when it is too large', () => {
    expect(wrongWith('voice', { size: 3 * 1024 * 1024 })).toContain('2 MB 以内')
    expect(wrongWith('image', { size: 0 })).toContain('空')
    expect(wrongWith('image', { size: 3 * 1024 * 1024 })).toBe('')
  })
})
