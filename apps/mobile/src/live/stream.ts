import { HOST, headersFor } from '@/api/client'

/** An open event stream. `onPiece` gets text as it arrives; `onEnd` comes once, however the stream ends. */
export interface StreamHandlers {
  onPiece: (text: string) => void
  onEnd: () => void
}
export type OpenStream = (lastEventId: string, handlers: StreamHandlers) => { close: () => void }

function headers(lastEventId: string): Record<string, string> {
  const given: Record<string, string> = { ...headersFor('/api/live'), Accept: 'text/event-stream' }
  if (lastEventId) given['Last-Event-ID'] = lastEventId
  return given
}

/** H5. EventSource cannot send the bearer token, so the stream is read from fetch. */
export const openFetch: OpenStream = (lastEventId, { onPiece, onEnd }) => {
  const abort = new AbortController()
  const read = async () => {
    const answer = await fetch(`${HOST}/api/live`, { headers: headers(lastEventId), signal: abort.signal })
    if (!answer.ok || !answer.body) return
    const reader = answer.body.getReader()
    const decoder = new TextDecoder()
    for (let got = await reader.read(); !got.done; got = await reader.read()) {
      onPiece(decoder.decode(got.value, { stream: true }))
    }
  }
  read().catch(() => undefined).finally(onEnd)
  return { close: () => abort.abort() }
}
interface ChunkedTask {
  abort: () => void
  onChunkReceived: (then: (chunk: { data: ArrayBuffer }) => void) => void
}

/** Mini-programs. They have no fetch and no TextDecoder. Events carry codes and ids only, so every byte is one character. */
export const openChunked: OpenStream = (lastEventId, { onPiece, onEnd }) => {
  const task = uni.request({
    url: `${HOST}/api/live`,
    header: headers(lastEventId),
    enableChunked: true,
    timeout: 24 * 3600_000,
    complete: onEnd,
  } as UniApp.RequestOptions) as unknown as ChunkedTask
  task.onChunkReceived(({ data }) => onPiece(String.fromCharCode(...new Uint8Array(data))))
  return { close: () => task.abort() }
}
