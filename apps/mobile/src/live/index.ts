import { LiveConnection } from './connection'
import { openChunked, openFetch, type OpenStream } from './stream'

export { announce } from './changes'
export { useOpenResource, usePages, useResource } from './resource'
export type { Pages, Resource } from './resource'

let open: OpenStream = openChunked
// #ifdef H5
open = openFetch
// #endif
export const live = new LiveConnection(open)
