import { errorOf, unreachable } from './errors'
import { forgetIdentity, identity } from './identity'
import type { paths } from './schema'

// One client for H5 and mini-program over uni.request. Paths, parameters, bodies and answers are typed by the schema
// that is generated from the platform's OpenAPI document, so a wrong path or field does not compile.

type Method = 'get' | 'post' | 'put' | 'delete'
type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never
}[keyof paths]

type PathPart<O> = O extends { parameters: { path: infer X } } ? { path: X } : { path?: undefined }
type QueryPart<O> = O extends { parameters: { query: infer X } }
  ? { query: X }
  : O extends { parameters: { query?: infer X } }
    ? { query?: X }
    : { query?: undefined }
type BodyPart<O> = O extends { requestBody: { content: { 'application/json': infer X } } }
  ? { body: X }
  : { body?: undefined }
type Options<O> = PathPart<O> & QueryPart<O> & BodyPart<O> & { asMyself?: boolean }
type Arguments<O> = Record<string, never> extends Options<O> ? [Options<O>?] : [Options<O>]
type Content<R> = R extends { content: { 'application/json': infer X } } ? X : undefined
type Answer<O> = O extends { responses: { 200: infer R } }
  ? Content<R>
  : O extends { responses: { 201: infer R } }
    ? Content<R>
    : undefined

interface AnyOptions {
  path?: object
  query?: object
  body?: object
  /** Leave out the family member one acts for: the request is about the account's owner. */
  asMyself?: boolean
}

/** H5 asks the host that served it; a mini-program has no such host and is built for one. */
export const HOST = import.meta.env.VITE_PLATFORM_URL ?? ''
const TIMEOUT_MS = 20_000

let onSignedOut = () => {}

/** What to do when the platform no longer knows our session (set once, by the shell). */
export function whenSignedOut(then: () => void) {
  onSignedOut = then
}

export function addressOf(path: string, { path: parts, query }: AnyOptions): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((parts as Record<string, unknown>)[name])),
  )
  const pairs = Object.entries(query ?? {})
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return pairs.length > 0 ? `${filled}?${pairs.join('&')}` : filled
}

export function headersFor(path: string, asMyself = false): Record<string, string> {
  const headers: Record<string, string> = {}
  if (identity.token) headers.Authorization = `Bearer ${identity.token}`
  if (identity.forPerson && !asMyself && path.startsWith('/api/patient/')) {
    headers['X-For-Person'] = identity.forPerson
  }
  return headers
}

async function call(method: Method, path: string, options: AnyOptions = {}): Promise<unknown> {
  const token = identity.token
  const answer = await new Promise<UniApp.RequestSuccessCallbackResult>((resolve, reject) => {
    uni.request({
      url: HOST + addressOf(path, options),
      method: method.toUpperCase() as UniApp.RequestOptions['method'],
      header: headersFor(path, options.asMyself),
      data: options.body,
      timeout: TIMEOUT_MS,
      success: resolve,
      fail: () => reject(unreachable()),
    })
  })
  if (answer.statusCode >= 200 && answer.statusCode < 300) {
    return answer.statusCode === 204 ? undefined : answer.data
  }
  const error = errorOf(answer.statusCode, answer.data)
  // A wrong password is 401 too, but then there was no session to lose; nor is a newer session to be thrown away.
  if (error.status === 401 && token && token === identity.token) {
    forgetIdentity()
    onSignedOut()
  }
  throw error
}

function verb<M extends Method>(method: M) {
  return <P extends PathOf<M>>(path: P, ...[options]: Arguments<paths[P][M]>): Promise<Answer<paths[P][M]>> =>
    call(method, path, options) as Promise<Answer<paths[P][M]>>
}

export const api = {
  get: verb('get'),
  post: verb('post'),
  put: verb('put'),
  delete: verb('delete'),
}

