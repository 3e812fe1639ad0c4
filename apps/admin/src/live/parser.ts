export interface SentEvent {
  id: string
  event: string
  data: string
}

/** Server-Sent Events out of a text stream that arrives in arbitrary pieces (WHATWG HTML, 9.2.6). */
export class EventParser {
  private rest = ''

  constructor(private readonly emit: (event: SentEvent) => void) {}

  push(piece: string): void {
    this.rest += piece
    // A lone CR at the end may be the first half of CRLF: it waits for the next piece.
    const blocks = this.rest.split(/\r\n\r\n|\n\n|\r\r(?!$)/)
    this.rest = blocks.pop() ?? ''
    blocks.forEach((block) => this.block(block))
  }

  private block(text: string): void {
    const found: SentEvent = { id: '', event: 'message', data: '' }
    const data: string[] = []
    for (const line of text.split(/\r\n|\n|\r/)) {
      if (line.startsWith(':')) continue
      const colon = line.indexOf(':')
      const field = colon < 0 ? line : line.slice(0, colon)
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
      if (field === 'data') data.push(value)
      else if (field === 'id') found.id = value
      else if (field === 'event') found.event = value
    }
    if (!data.length && found.event === 'message') return
    this.emit({ ...found, data: data.join('\n') })
  }
}
