import { announce } from './changes'
import { EventParser, type LiveEvent } from './parser'
import type { OpenStream } from './stream'

/** The platform sends a heartbeat every 15 s: three missed ones mean that the line is dead without saying so. */
const SILENCE_MS = 45_000
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000

/** Keeps one event stream open while it is wanted, resumes after the last event seen, and waits longer each failure. */
export class LiveConnection {
  private wanted = false
  private stream?: { close: () => void }
  private lastEventId = ''
  private failures = 0
  private retry?: ReturnType<typeof setTimeout>
  private silence?: ReturnType<typeof setTimeout>

  constructor(private readonly open: OpenStream) {}

  start() {
    if (this.wanted) return
    this.wanted = true
    this.failures = 0
    this.connect()
  }

  stop() {
    this.wanted = false
    clearTimeout(this.retry)
    clearTimeout(this.silence)
    this.stream?.close()
    this.stream = undefined
  }

  /** For another account: nothing of what the last one saw is resumed. */
  forget() {
    this.stop()
    this.lastEventId = ''
  }

  private connect() {
    const parser = new EventParser()
    const stream = this.open(this.lastEventId, {
      onPiece: (text) => {
        if (this.stream !== stream) return
        this.failures = 0
        this.listen()
        for (const event of parser.feed(text)) this.take(event)
      },
      onEnd: () => {
        if (this.stream !== stream) return
        this.stream = undefined
        clearTimeout(this.silence)
        this.again()
      },
    })
    this.stream = stream
    this.listen()
  }

  private listen() {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => {
      this.stream?.close()
      this.stream = undefined
      this.again()
    }, SILENCE_MS)
  }

  private again() {
    if (!this.wanted) return
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS)
    this.failures += 1
    // Spread out, so that a restarted platform is not met by everybody in the same second.
    this.retry = setTimeout(() => this.connect(), wait * (0.5 + Math.random() / 2))
  }

  private take(event: LiveEvent) {
    if (event.id) this.lastEventId = event.id
    if (event.event === 'reset') announce()
    else if (event.event === 'change') announce((JSON.parse(event.data) as { topic: string }).topic)
  }
}
