import type { components, paths } from './schema'

/** A shape of the interface by its name: `Shape<'BookingView'>`. */
export type Shape<Name extends keyof components['schemas']> = components['schemas'][Name]

type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Q } } }
  ? NonNullable<Q>
  : never

/** What a list's filter may be, '' for any: `state: '' as Choice<'/api/admin/exchange/messages', 'state'>`. */
export type Choice<Path extends keyof paths, Parameter extends keyof QueryOf<Path>> =
  | NonNullable<QueryOf<Path>[Parameter]>
  | ''
