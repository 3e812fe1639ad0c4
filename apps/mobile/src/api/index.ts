import type { components as StaffComponents } from '../../../admin/src/api/schema'
import type { components } from './schema'

export { api, desk } from './client'
export { ApiError, asApiError } from './errors'

type Schemas = components['schemas']

/** The platform's shapes by name: `Shape<'BookingView'>`. */
export type Shape<Name extends keyof Schemas> = Schemas[Name]

type StaffSchemas = StaffComponents['schemas']

/** The same of what staff see. */
export type StaffShape<Name extends keyof StaffSchemas> = StaffSchemas[Name]
