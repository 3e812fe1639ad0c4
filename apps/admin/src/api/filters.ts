// Filters of a list as they stand in the address. Their defaults say which there are and of what type.

export type Filter = string | boolean
export type Filters = Record<string, Filter>

/** What is sent: empty text and «false» mean «does not matter» and stay away. */
export type Sent<F extends Filters> = { [K in keyof F]?: Exclude<F[K], '' | false> }

export function fromQuery<F extends Filters>(defaults: F, query: Record<string, unknown>): F {
  const read = { ...defaults } as Filters
  for (const [name, fallback] of Object.entries(defaults)) {
    const given = query[name]
    if (typeof given !== 'string') continue
    read[name] = typeof fallback === 'boolean' ? given === 'true' : given === ANY ? '' : given
  }
  return read as F
}

/** Only what differs from the defaults, so that a plain list has a plain address. */
export function toQuery<F extends Filters>(defaults: F, filters: F): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(filters).map(([name, value]) => {
      if (value === defaults[name]) return [name, undefined]
      return [name, value === '' ? ANY : String(value)]
    }),
  )
}

export function toSend<F extends Filters>(filters: F): Sent<F> {
  const kept = Object.entries(filters).filter(([, value]) => value !== '' && value !== false)
  return Object.fromEntries(kept) as Sent<F>
}

// «No filter» where the default is one.
const ANY = '*'
