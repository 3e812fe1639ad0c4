/** A line of an agreement: the texts are plain Markdown of headings, paragraphs and numbered lines. */
export interface AgreementLine {
  kind: 'title' | 'heading' | 'text'
  text: string
}

export function agreementLines(markdown: string): AgreementLine[] {
  return markdown
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [, marks, text] = /^(#+)\s+(.*)$/.exec(line) ?? []
      if (marks) return { kind: marks.length === 1 ? 'title' : 'heading', text: text ?? '' }
      return { kind: 'text', text: line.replace(/\*\*/g, '') }
    })
}
