/** One Server-Sent Event. */
export interface LiveEvent {
  id: string
  event: string
  data: string
}

/**
 * Turns the pieces of an event stream, cut anywhere, into events.
 *
 * Comments (the server's heartbeat) and unknown fields are dropped, as the standard says; an event without data is
 * dropped as well. The id stays until another one comes.
 */
export class EventParser {
  private rest = ''
  private id = ''
  private event = ''
  private data: string[] = []

  feed(piece: string): LiveEvent[] {
    const events: LiveEvent[] = []
    this.rest += piece
    // A lone \r at the end may be the first half of \r\n: it waits for the next piece.
    const lines = this.rest.split(/\r\n|\n|\r(?!$)/)
    this.rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line !== '') this.take(line)
      else if (this.data.length > 0) {
        events.push({ id: this.id, event: this.event || 'message', data: this.data.join('\n') })
        this.event = ''
        this.data = []
      } else this.event = ''
    }
    return events
  }

  private take(line: string) {
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'id') this.id = value
    else if (field === 'event') this.event = value
    else if (field === 'data') this.data.push(value)
  }
}
