import type { components } from './schema'

export { api } from './client'
export { ApiError, asApiError } from './errors'

type Schemas = components['schemas']

/** The platform's shapes by name: `Shape<'BookingView'>`. */
export type Shape<Name extends keyof Schemas> = Schemas[Name]
