import type { Shape } from '@/api/types'
import type { Tone } from '@/labels'

type Assessment = Shape<'AssessmentView'>

// How a level feels. The models name their levels, some with a stage before it: «G3a-A2-high». What stands in none of these
// lists is shown without alarm.
const TONES: readonly [RegExp, Tone][] = [
  [/(^|-)(low|normal|no|below_cutoff|below_threshold|G1|G2)$/, 'good'],
  [/(^|-)(moderate|high_normal|pre|overweight|underweight|indeterminate|grade_1|G3a)$/, 'warn'],
  [/(^|-)(high|very_high|at_or_above_cutoff|yes|obese|central_obesity|grade_[23]|G3b|G4|G5)$/, 'bad'],
]

export function toneOf(assessment: Assessment): Tone {
  if (assessment.status !== 'computed') return 'quiet'
  return TONES.find(([level]) => level.test(assessment.level ?? ''))?.[1] ?? 'busy'
}

/** The ones that ask for action first, what could not be assessed last. */
export function bySeverity(assessments: readonly Assessment[]): Assessment[] {
  const order: Tone[] = ['bad', 'warn', 'busy', 'good', 'quiet']
  const place = (one: Assessment) => (one.status === 'not_applicable' ? 9 : order.indexOf(toneOf(one)))
  return [...assessments].sort((a, b) => place(a) - place(b))
}
