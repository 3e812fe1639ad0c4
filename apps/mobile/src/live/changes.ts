/** What changed on the platform (or by ourselves) and who wants to know. No topic: everything may have changed. */
export interface Change {
  topic?: string
}

type Listener = (change: Change) => void
const listeners = new Set<Listener>()

export function onChange(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Tell the pages at once what an action of this device changed, without waiting for the platform's own event. */
export function announce(topic?: string) {
  for (const listener of [...listeners]) listener({ topic })
}
