import { errorOf, unreachable } from './errors'
import { forgetIdentity, identity } from './identity'
import type { paths as StaffPaths } from '../../../admin/src/api/schema'
import type { paths as CustomerPaths } from './schema'

// One client for H5 and mini-program over uni.request. Paths, parameters, bodies and answers are typed by the schemas
// that are generated from the platform's OpenAPI documents, so a wrong path or field does not compile.

type Method = 'get' | 'post' | 'put' | 'delete'
type PathOf<Paths, M extends Method> = {
  [P in keyof Paths]: Paths[P] extends { [K in M]: { responses: unknown } } ? P : never
}[keyof Paths]
type Operation<Paths, P extends keyof Paths, M extends Method> = Paths[P] extends { [K in M]: infer O } ? O : never

type PathPart<O> = O extends { parameters: { path: infer X } } ? { path: X } : { path?: undefined }
type QueryPart<O> = O extends { parameters: { query: infer X } }
  ? { query: X }
  : O extends { parameters: { query?: infer X } }
    ? { query?: X }
    : { query?: undefined }
type BodyPart<O> = O extends { requestBody: { content: { 'application/json': infer X } } }
  ? { body: X }
  : { body?: undefined }
type Options<O> = PathPart<O> & QueryPart<O> & BodyPart<O> & { asMyself?: boolean; token?: string }
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
  /** Another session than the one of this device; empty: nobody's. What is refused then ends no session here. */
  token?: string
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

export function headersFor(path: string, asMyself = false, token = identity.token): Record<string, string> {
  const headers: Record<string, string> = {}
  if (token) headers.Authorization = `Bearer ${token}`
  if (identity.forPerson && !asMyself && path.startsWith('/api/patient/')) {
    headers['X-For-Person'] = identity.forPerson
  }
  return headers
}

async function call(method: Method, path: string, options: AnyOptions = {}): Promise<unknown> {
  const token = options.token ?? identity.token
  const answer = await new Promise<UniApp.RequestSuccessCallbackResult>((resolve, reject) => {
    uni.request({
      url: HOST + addressOf(path, options),
      method: method.toUpperCase() as UniApp.RequestOptions['method'],
      header: headersFor(path, options.asMyself, token),
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

function verb<Paths, M extends Method>(method: M) {
  return <P extends PathOf<Paths, M> & string>(
    path: P,
    ...[options]: Arguments<Operation<Paths, P, M>>
  ): Promise<Answer<Operation<Paths, P, M>>> =>
    call(method, path, options as AnyOptions | undefined) as Promise<Answer<Operation<Paths, P, M>>>
}

function clientOf<Paths>() {
  return {
    get: verb<Paths, 'get'>('get'),
    post: verb<Paths, 'post'>('post'),
    put: verb<Paths, 'put'>('put'),
    delete: verb<Paths, 'delete'>('delete'),
  }
}

/** What customers call. */
export const api = clientOf<CustomerPaths>()
/** What staff call. */
export const desk = clientOf<StaffPaths>()

