/** Whether any of the texts contains the term; case and spaces do not matter. For lists that come as a whole. */
export function containing(term: string | undefined, ...texts: (string | null | undefined)[]): boolean {
  const wanted = fold(term ?? '')
  return texts.some((text) => fold(text ?? '').includes(wanted))
}

const fold = (text: string) => text.toLowerCase().replace(/\s/g, '')
