import { ref, readonly } from 'vue'
import { call } from '@/api/client'
import { ApiError } from '@/api/error'
import { queryClient } from '@/api/query'
import { EventParser, type SentEvent } from './parser'

// One connection of this tab that tells what changed. It carries topics, no data: whoever shows the topic asks again and is
// answered within his own permissions.

export type LiveState = 'connected' | 'reconnecting' | 'offline'

const state = ref<LiveState>('reconnecting')
export const liveState = readonly(state)

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000
/** The platform sends a comment every 15 s. Longer silence means that the line is dead although nobody closed it. */
const SILENCE_MS = 40_000
/** Many changes at once (a vendor pushes hundreds of results) cost one refetch. */
const GATHER_MS = 400
/** Somebody waits for the next word: what is said is asked for at once. */
const TALK = 'messaging.'

let running: AbortController | undefined
let lastId = ''

export function startLive(): void {
  if (running) return
  running = new AbortController()
  void keepConnected(running.signal)
}

export function stopLive(): void {
  running?.abort()
  running = undefined
  lastId = ''
  state.value = 'reconnecting'
}

async function keepConnected(stopped: AbortSignal): Promise<void> {
  let failures = 0
  while (!stopped.aborted) {
    try {
      await listen(stopped, () => {
        if (failures > 0 && !lastId) void queryClient.invalidateQueries() // nothing to resume from
        failures = 0
        state.value = 'connected'
      })
    } catch (error) {
      if (stopped.aborted) return
      if (error instanceof ApiError && error.status === 401) return stopLive()
    }
    if (stopped.aborted) return
    failures += 1
    state.value = failures > 2 || !navigator.onLine ? 'offline' : 'reconnecting'
    await pause(Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS), stopped)
  }
}

async function listen(stopped: AbortSignal, opened: () => void): Promise<void> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), SILENCE_MS)
  try {
    const response = await call('/api/live', {
      headers: { Accept: 'text/event-stream', ...(lastId && { 'Last-Event-ID': lastId }) },
      signal: AbortSignal.any([stopped, silence.signal]),
    })
    opened()
    const parser = new EventParser(take)
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), SILENCE_MS)
      parser.push(value)
    }
  } finally {
    clearTimeout(timer)
  }
}

function take(event: SentEvent): void {
  if (event.id) lastId = event.id
  if (event.event === 'reset') void queryClient.invalidateQueries()
  if (event.event === 'change') changed((JSON.parse(event.data) as { topic: string }).topic)
}

const gathered = new Set<string>()

function changed(topic: string): void {
  if (topic.startsWith(TALK)) return void queryClient.invalidateQueries({ queryKey: [topic] })
  if (gathered.size === 0) {
    setTimeout(() => {
      gathered.forEach((one) => void queryClient.invalidateQueries({ queryKey: [one] }))
      gathered.clear()
    }, GATHER_MS)
  }
  gathered.add(topic)
}

/** Waits, but no longer than until the network is back. */
function pause(milliseconds: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, milliseconds)
    function finish() {
      clearTimeout(timer)
      window.removeEventListener('online', finish)
      stopped.removeEventListener('abort', finish)
      resolve()
    }
    window.addEventListener('online', finish)
    stopped.addEventListener('abort', finish)
  })
}
