// The text of a template: placeholders in braces, filled by the program.
import type { Shape } from '@/api/types'

export type Placeholders = Shape<'TemplateView'>['placeholders']
export interface Part {
  text: string
  /** This part stands for a value. */
  filled?: boolean
  /** No program fills it, or a brace has no partner. */
  wrong?: boolean
}

const PARTS = /\{([^{}]*)\}|[^{}]+|[{}]/g

/** A text as it will be read, its samples filled in and its mistakes marked. */
export function partsOf(text: string, known: Placeholders): Part[] {
  return [...text.matchAll(PARTS)].map(([whole, name]) => {
    if (name === undefined) return { text: whole, wrong: whole === '{' || whole === '}' || undefined }
    const found = known[name]
    return found ? { text: found.sample, filled: true } : { text: whole, wrong: true }
  })
}

export const isRight = (text: string, known: Placeholders): boolean => partsOf(text, known).every((part) => !part.wrong)

/** Which placeholders the texts use. */
export function usedIn(known: Placeholders, ...texts: string[]): Set<string> {
  return new Set(Object.keys(known).filter((name) => texts.some((text) => text.includes(`{${name}}`))))
}
