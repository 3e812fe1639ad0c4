import { isBlank, type Item } from './conditions'
import { dayText } from '@/format'

/** An answer as people read it; empty when there is none. */
export function answerText(item: Item, value: unknown): string {
  if (isBlank(value)) return ''
  const parts = Array.isArray(value) ? value.filter((part) => !isBlank(part)) : [value]
  return parts.map((part) => partText(item, part)).join('、')
}

function partText(item: Item, part: unknown): string {
  if (typeof part === 'boolean') return part ? '是' : '否'
  if (typeof part === 'object' && part !== null) {
    const { value, other } = part as { value?: unknown; other?: unknown }
    return other === undefined ? withUnit(item, value) : String(other)
  }
  if (item.type === 'date') return dayText(String(part))
  if (typeof part === 'number') return withUnit(item, part)
  return item.answerOption.find((option) => option.code === part)?.display ?? String(part)
}

function withUnit(item: Item, value: unknown): string {
  return item.unit ? `${String(value)} ${item.unit}` : String(value)
}

/** A score with its unit and what it stands for: 24.2 kg/m², 11 分（中度）. */
export function scoreText(score: { value?: number | null; band_display?: string | null }, unit?: string | null): string {
  const number = String(Math.round((score.value ?? 0) * 10) / 10)
  const band = score.band_display ? `（${score.band_display}）` : ''
  return `${number}${unit ? ` ${unit}` : ''}${band}`
}
