import type { Shape } from '@/api/types'

/** What a name, id number, phone or its last four digits is looked for by. It goes in the body of a call, never into an address. */
export function criterionOf(typed: string): Partial<Shape<'SearchGiven'>> {
  if (/^\d{4}$/.test(typed)) return { phone_last4: typed }
  if (/^1\d{10}$/.test(typed)) return { phone: typed }
  if (/\d{6}/.test(typed)) return { id_number: typed }
  return { name: typed }
}
