import { shallowRef } from 'vue'

export interface Danger {
  /** 停用 3 个账号 */
  title: string
  /** What will happen, in numbers: «3 人将立即退出登录，其 2 个待办转回未分配». One line each. */
  consequences: string[]
  /** The verb on the button: 停用. */
  action: string
  /** Asks why, for the record. */
  reason?: { label: string; placeholder?: string }
}

export interface Asked {
  danger: Danger
  answer: (given: { reason: string } | null) => void
}

/** The question that stands open; ConfirmHost shows it. */
export const asked = shallowRef<Asked | null>(null)

/** Asks before something that cannot simply be undone. Null when the person thought better of it. */
export function confirmDanger(danger: Danger): Promise<{ reason: string } | null> {
  asked.value?.answer(null)
  return new Promise((resolve) => {
    asked.value = {
      danger,
      answer: (given) => {
        asked.value = null
        resolve(given)
      },
    }
  })
}
