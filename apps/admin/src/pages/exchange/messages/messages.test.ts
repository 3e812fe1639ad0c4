import { describe, expect, it } from 'vitest'
import { pieces, pretty } from './json'
import { lineDiff } from './line-diff'

describe('lineDiff', () => {
  it('keeps what is common and tells what went and what came', () => {
    expect(lineDiff('{\n  "a": 1\n}', '{\n  "a": 2\n}')).toEqual([
      { kind: 'same', text: '{' },
      { kind: 'gone', text: '  "a": 1' },
      { kind: 'new', text: '  "a": 2' },
      { kind: 'same', text: '}' },
    ])
  })

  it('finds a line that was put in between', () => {
    expect(lineDiff('a\nc', 'a\nb\nc').filter((line) => line.kind !== 'same')).toEqual([{ kind: 'new', text: 'b' }])
  })

  it('says of equal texts that they are', () => {
    expect(lineDiff('a\nb', 'a\nb').every((line) => line.kind === 'same')).toBe(true)
  })
})

describe('pieces', () => {
  it.each(['  "name": "张*国",', '"codes": ["501", 5.3e2, true, null]', '不是 JSON', '"a\\"b": "c: 1"', ''])(
    'loses nothing of %s',
    (line) => {
      expect(pieces(line).map((piece) => piece.text).join('')).toBe(line)
    },
  )

  it('knows keys from texts', () => {
    expect(pieces('"a": "b"').map((piece) => piece.kind)).toEqual(['key', 'plain', 'plain', 'text'])
  })
})

describe('pretty', () => {
  it('leaves what is no JSON as it came', () => {
    expect(pretty('<html>')).toBe('<html>')
    expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}')
  })
})
