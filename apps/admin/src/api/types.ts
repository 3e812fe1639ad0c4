import type { components } from './schema'

/** A shape of the interface by its name: `Shape<'BookingView'>`. */
export type Shape<Name extends keyof components['schemas']> = components['schemas'][Name]
