import { describe, expect, it } from 'vitest'
import { EventParser, type SentEvent } from './parser'

function parse(...pieces: string[]): SentEvent[] {
  const found: SentEvent[] = []
  const parser = new EventParser((event) => found.push(event))
  pieces.forEach((piece) => parser.push(piece))
  return found
}

describe('EventParser', () => {
  const whole = 'id: 7\nevent: change\ndata: {"topic":"exams.results"}\n\n'

  it('reads an event', () => {
    expect(parse(whole)).toEqual([{ id: '7', event: 'change', data: '{"topic":"exams.results"}' }])
  })

  it('reads the same wherever the stream is cut', () => {
    for (let cut = 0; cut <= whole.length; cut++) {
      expect(parse(whole.slice(0, cut), whole.slice(cut))).toEqual(parse(whole))
    }
    const crlf = whole.replaceAll('\n', '\r\n')
    for (let cut = 0; cut <= crlf.length; cut++) {
      expect(parse(crlf.slice(0, cut), crlf.slice(cut))).toEqual(parse(whole))
    }
  })

  it('ignores heartbeats and an unfinished event', () => {
    expect(parse(': heartbeat\n\n', 'id: 8\nevent: change\ndata: {}\n')).toEqual([])
  })

  it('knows an event without data', () => {
    expect(parse('event: reset\ndata:\n\n')).toEqual([{ id: '', event: 'reset', data: '' }])
  })
})
