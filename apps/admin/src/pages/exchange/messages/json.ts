/** Indented for reading; what is no JSON stays as it came. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

export interface Piece {
  kind: 'key' | 'text' | 'number' | 'word' | 'plain'
  text: string
}

const TOKENS = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g

/** One line of JSON in pieces to be coloured; put together they are the line again. */
export function pieces(line: string): Piece[] {
  const found: Piece[] = []
  let from = 0
  for (const match of line.matchAll(TOKENS)) {
    if (match.index > from) found.push({ kind: 'plain', text: line.slice(from, match.index) })
    const [whole, quoted, colon, number] = match
    if (quoted !== undefined && colon !== undefined) {
      found.push({ kind: 'key', text: quoted }, { kind: 'plain', text: colon })
    } else {
      found.push({ kind: quoted !== undefined ? 'text' : number !== undefined ? 'number' : 'word', text: whole })
    }
    from = match.index + whole.length
  }
  if (from < line.length) found.push({ kind: 'plain', text: line.slice(from) })
  return found
}
