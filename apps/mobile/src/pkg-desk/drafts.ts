import { reactive } from 'vue'
import { identity } from '@/api/identity'

// What is typed to a customer and not sent yet, while the app is open; the next one who signs in finds nothing.
const drafts = reactive<Record<string, string>>({})

const nameOf = (conversation: string) => `${identity.account}/${conversation}`

export const draftOf = (conversation: string): string => drafts[nameOf(conversation)] ?? ''

export function setDraft(conversation: string, text: string) {
  drafts[nameOf(conversation)] = text
}
