import type { Shape } from '@/api/types'

/** The state of a document as reviewers speak of it; a code of `cardStates`. */
export function stateOf(line: Pick<Shape<'CardLine'>, 'state' | 'first_reviewer'>): string {
  return line.state === 'waiting' && line.first_reviewer ? 'second' : line.state
}
