// The little Markdown that agreements are written in: headings, paragraphs, numbered and plain lists. Anything else is text.

export type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'list'; ordered: boolean; items: string[] }

const HEADING = /^(#{1,6})\s+(.*)$/
const NUMBERED = /^\d+[.、)]\s*(.*)$/
const BULLET = /^[-*]\s+(.*)$/

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let open = false // whether the next line still belongs to the last block
  for (const line of markdown.split(/\r?\n/).map((one) => one.trim())) {
    const heading = HEADING.exec(line)
    const listed = NUMBERED.exec(line) ?? BULLET.exec(line)
    if (!line) open = false
    else if (heading) {
      blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' })
      open = false
    } else if (listed) {
      addItem(blocks, listed[1] ?? '', NUMBERED.test(line))
      open = true
    } else {
      addText(blocks, line, open)
      open = true
    }
  }
  return blocks
}

function addItem(blocks: Block[], text: string, ordered: boolean) {
  const last = blocks.at(-1)
  if (last?.kind === 'list' && last.ordered === ordered) last.items.push(text)
  else blocks.push({ kind: 'list', ordered, items: [text] })
}

function addText(blocks: Block[], line: string, continues: boolean) {
  const last = blocks.at(-1)
  if (continues && last?.kind === 'paragraph') last.text += `\n${line}`
  else if (continues && last?.kind === 'list') last.items.push(`${last.items.pop() ?? ''}\n${line}`)
  else blocks.push({ kind: 'paragraph', text: line })
}
