import { useRouter } from 'vue-router'

export type Query = Record<string, string | undefined>

/** Changes some parts of the address's query and leaves the rest, also what paging remembers in the history entry. */
export function usePatchQuery() {
  const router = useRouter()
  return (changes: Query, how: 'push' | 'replace', state: Record<string, unknown> = {}) => {
    const query = { ...router.currentRoute.value.query }
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined || value === '') delete query[name]
      else query[name] = value
    }
    const kept = { trail: history.state?.trail, ...state }
    return router[how]({ query, hash: router.currentRoute.value.hash, state: kept as never })
  }
}
