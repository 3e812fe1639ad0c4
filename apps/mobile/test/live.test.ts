import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { onChange } from '@/live/changes'
import { LiveConnection } from '@/live/connection'
import { EventParser } from '@/live/parser'
import type { StreamHandlers } from '@/live/stream'

const STREAM = ': hello\n\nid: 7\nevent: change\ndata: {"topic": "exams.results"}\n\nevent: reset\ndata: {}\n\n'

describe('the parser', () => {
  it('finds the same events wherever the stream is cut, with any line end', () => {
    const whole = new EventParser().feed(STREAM)
    expect(whole).toEqual([
      { id: '7', event: 'change', data: '{"topic": "exams.results"}' },
      { id: '7', event: 'reset', data: '{}' },
    ])
    for (const text of [STREAM, STREAM.replace(/\n/g, '\r\n'), STREAM.replace(/\n/g, '\r') + '\n']) {
      for (let cut = 0; cut <= text.length; cut++) {
        const parser = new EventParser()
        expect([...parser.feed(text.slice(0, cut)), ...parser.feed(text.slice(cut))]).toEqual(whole)
      }
    }
  })

  it('joins lines of data and drops comments, unknown fields and events without data', () => {
    const parser = new EventParser()
    expect(parser.feed('event: change\n\n: 15 s\nretry: 5\ndata: a\ndata:b\ndata\n\n')).toEqual([
      { id: '', event: 'message', data: 'a\nb\n' },
    ])
  })
})

describe('the connection', () => {
  let opened: { lastEventId: string; handlers: StreamHandlers; closed: boolean }[]
  let heard: (string | undefined)[]
  let forget: () => void
  const open = (lastEventId: string, handlers: StreamHandlers) => {
    const stream = { lastEventId, handlers, closed: false }
    opened.push(stream)
    return { close: () => (stream.closed = true) }
  }

  beforeEach(() => {
    vi.useFakeTimers()
    opened = []
    heard = []
    forget = onChange(({ topic }) => heard.push(topic))
  })
  afterEach(() => {
    forget()
    vi.useRealTimers()
  })

  it('announces changes and resumes after the last one', () => {
    new LiveConnection(open).start()
    opened[0]!.handlers.onPiece(STREAM)
    expect(heard).toEqual(['exams.results', undefined])
    opened[0]!.handlers.onEnd()
    vi.advanceTimersByTime(1_000)
    expect(opened.map((stream) => stream.lastEventId)).toEqual(['', '7'])
  })

  it('waits longer after every failure, at most half a minute', () => {
    new LiveConnection(open).start()
    const waits: number[] = []
    for (let failure = 0; failure < 8; failure++) {
      opened.at(-1)!.handlers.onEnd()
      const from = Date.now()
      vi.advanceTimersToNextTimer()
      waits.push(Date.now() - from)
    }
    expect(opened).toHaveLength(9)
    expect(waits[0]).toBeLessThanOrEqual(1_000)
    expect(waits[4]).toBeGreaterThanOrEqual(8_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000)
  })

  it('takes 45 s of silence for a dead line', () => {
    new LiveConnection(open).start()
    vi.advanceTimersByTime(40_000)
    opened[0]!.handlers.onPiece(': 15 s\n\n')
    vi.advanceTimersByTime(40_000)
    expect(opened).toHaveLength(1)
    vi.advanceTimersByTime(6_000)
    expect(opened).toHaveLength(2)
    expect(opened[0]!.closed).toBe(true)
  })

  it('is quiet when stopped, and hears nothing of a closed stream', () => {
    const connection = new LiveConnection(open)
    connection.start()
    connection.stop()
    opened[0]!.handlers.onPiece(STREAM)
    opened[0]!.handlers.onEnd()
    vi.advanceTimersByTime(120_000)
    expect(heard).toEqual([])
    expect(opened).toHaveLength(1)
  })

  it('resumes nothing for another account', () => {
    const connection = new LiveConnection(open)
    connection.start()
    opened[0]!.handlers.onPiece(STREAM)
    connection.forget()
    connection.start()
    expect(opened[1]!.lastEventId).toBe('')
  })
})
