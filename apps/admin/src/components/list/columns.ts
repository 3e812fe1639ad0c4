import { computed, ref } from 'vue'
import { useSession } from '@/session/session'

export interface Column<T> {
  key: string
  title: string
  /** The cell's text; a slot `cell-<key>` replaces it. */
  text?: (row: T) => string | number | null | undefined
  width?: number
  minWidth?: number
  align?: 'left' | 'right' | 'center'
  /** Not shown until somebody chooses it. */
  hidden?: boolean
}

/** Which columns of the list `name` this user wants, remembered on this computer. */
export function useColumnChoice<T>(name: string, columns: () => readonly Column<T>[]) {
  const key = `kh.columns.${useSession().me?.account_id}.${name}`
  const stored = ref<string[] | null>(read(key))

  const chosen = computed<string[]>({
    get: () => stored.value ?? columns().flatMap((column) => (column.hidden ? [] : [column.key])),
    set: (keys) => {
      if (keys.length === 0) return // a table without columns helps nobody
      stored.value = keys
      localStorage.setItem(key, JSON.stringify(keys))
    },
  })

  return {
    chosen,
    shown: computed(() => columns().filter((column) => chosen.value.includes(column.key))),
    forget: () => {
      stored.value = null
      localStorage.removeItem(key)
    },
  }
}

function read(key: string): string[] | null {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    return Array.isArray(found) ? found.map(String) : null
  } catch {
    return null
  }
}
