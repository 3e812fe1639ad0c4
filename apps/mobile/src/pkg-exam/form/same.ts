/** Whether two JSON values are the same, whatever the order of their names (the database has its own). */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const given = value as Record<string, unknown>
  return Object.keys(given)
    .sort()
    .map((name) => [name, sorted(given[name])])
}
