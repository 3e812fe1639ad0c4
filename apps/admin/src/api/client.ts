import createClient from 'openapi-fetch'
import { ApiError, errorOf, unreachable } from './error'
import type { paths } from './schema'
import { token } from './token'

/** `api.GET('/api/admin/…', { params })`, typed by the platform's own description. Wrap it in `ok()`. */
export const api = createClient<paths>()

const ERRANDS = new Set(['accounts.password_change_needed', 'accounts.totp_enrolment_needed'])

type Listener = (error: ApiError) => void
const listeners = new Set<Listener>()

/** Called when the platform no longer takes the session: it ended (401) or must run an errand first (403). */
export function onSessionRefused(listener: Listener): void {
  listeners.add(listener)
}

/** Tells the listeners when `error` is about the session itself. */
export function reportRefusal(error: ApiError): void {
  if ((error.status === 401 && error.code === 'access.unauthenticated') || ERRANDS.has(error.code)) {
    listeners.forEach((listener) => listener(error))
  }
}

export function authorization(): Record<string, string> {
  const known = token.read()
  return known ? { Authorization: `Bearer ${known}` } : {}
}

export async function refusal(response: Response): Promise<ApiError> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null)
  return errorOf(response.status, body, response.headers.get('x-request-id') ?? '')
}

api.use({
  onRequest({ request }) {
    for (const [name, value] of Object.entries(authorization())) request.headers.set(name, value)
    return request
  },
  async onResponse({ response }) {
    if (response.ok) return
    const error = await refusal(response)
    reportRefusal(error)
    throw error
  },
  onError({ error }) {
    // A call that was aborted on purpose stays what it is: vue-query knows what to do with it.
    if (error instanceof DOMException && error.name === 'AbortError') return
    return unreachable()
  },
})

/** The body of a good answer. Anything else was thrown as `ApiError` before. */
export async function ok<A extends { data?: unknown }>(answer: Promise<A>): Promise<Exclude<A['data'], undefined>> {
  return (await answer).data as Exclude<A['data'], undefined>
}

/** Downloads a file of the platform under the name it gives. A plain link cannot carry the session token. */
export async function download(path: string, fileName: string): Promise<void> {
  const url = URL.createObjectURL(await fetchFile(path))
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** A file of the platform, to be shown or saved. */
export async function fetchFile(path: string): Promise<Blob> {
  const response = await call(path, {})
  return await response.blob()
}

/** Sends a file and tells which part of it (0 to 1) is on its way: `fetch` does not tell. The same token, the same errors. */
export function upload<T>(path: string, file: Blob, onSent: (part: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.responseType = 'json'
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value)
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.upload.onprogress = ({ loaded, total }) => onSent(total ? loaded / total : 0)
    request.onerror = () => reject(unreachable())
    request.onabort = () => reject(new DOMException('', 'AbortError'))
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return resolve(request.response as T)
      const error = errorOf(request.status, request.response, request.getResponseHeader('x-request-id') ?? '')
      reportRefusal(error)
      reject(error)
    }
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

/** For what openapi-fetch does not do, files and streams: the same token, the same errors. */
export async function call(path: string, init: RequestInit): Promise<Response> {
  const headers = { ...authorization(), ...(init.headers as Record<string, string> | undefined) }
  let response: Response
  try {
    // eslint-disable-next-line no-restricted-globals -- this is the one place
    response = await fetch(path, { ...init, headers })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw unreachable()
  }
  if (!response.ok) {
    const error = await refusal(response)
    reportRefusal(error)
    throw error
  }
  return response
}
