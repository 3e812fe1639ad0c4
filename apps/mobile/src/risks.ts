import type { Shape } from '@/api'
import { unitText } from '@/format'
import { SEXES } from '@/labels'

const SEX_CODES: Record<string, string> = { M: SEXES['1'] ?? '', F: SEXES['2'] ?? '' }
const SOURCES: Record<string, string> = { person: '档案', result: '体检', answer: '问卷', derived: '推算' }

/** A value that went into an assessment: 收缩压 · 130 mmHg · 体检. */
export function readInput(given: Shape<'RiskInput'>): { label: string; value: string; source: string } {
  const unit = given.unit ? ` ${unitText(given.unit)}` : ''
  return { label: given.label, value: `${plain(given.value)}${unit}`, source: SOURCES[given.source] ?? '' }
}

function plain(value: unknown): string {
  if (typeof value === 'boolean') return value ? '是' : '否'
  if (typeof value === 'number') return String(Number(value.toFixed(2)))
  return SEX_CODES[String(value)] ?? String(value)
}

export type Tone = 'good' | 'warning' | 'danger' | 'quiet'

const GOOD = ['low', 'normal', 'no', 'below_cutoff', 'below_threshold', 'G1', 'G2']
const DANGER = ['high', 'very_high', 'obese', 'central_obesity', 'grade_2', 'grade_3', 'yes', 'G4', 'G5']

/** How serious a level is. A level of several parts (KDIGO's `G2-A1-low`) ends with its risk. */
export function toneOf(level: string | null): Tone {
  if (!level) return 'quiet'
  const last = level.split('-').slice(-1)[0] ?? ''
  if (GOOD.includes(last)) return 'good'
  return DANGER.includes(last) ? 'danger' : 'warning'
}

/** The number of an assessment: blood pressure is read as a pair. */
export function valueOf(risk: Shape<'RiskCard'>): string {
  if (risk.value === null) return ''
  const { sbp, dbp } = risk.details as { sbp?: number; dbp?: number }
  const shown = sbp !== undefined && dbp !== undefined ? `${sbp}/${dbp}` : String(risk.value)
  return risk.unit ? `${shown} ${risk.unit}` : shown
}
