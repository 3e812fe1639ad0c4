import type { Shape } from '@/api/types'

export type Finding = Shape<'FindingDetail'>
export type Action = 'notify' | 'acknowledge' | 'follow-up' | 'remeasure' | 'close'

const PRESSURE_RULES = ['A.BP', 'B.BP']

export const actionNames: Readonly<Record<Action, string>> = {
  notify: '登记通知',
  acknowledge: '登记本人已知晓',
  'follow-up': '登记随访',
  remeasure: '登记复测血压',
  close: '关闭',
}

/**
 * What may be done now, the most fitting first. The platform decides; this keeps useless buttons away. Class A is closed after
 * a follow-up, class B once the person knows; one whose result was corrected may be closed from any state.
 */
export function actionsFor(finding: Finding): Action[] {
  const { state } = finding
  if (state === 'closed') return []
  const found: Action[] = []
  if (PRESSURE_RULES.includes(finding.rule_id) && finding.needs_remeasure) found.push('remeasure')
  if (state === 'open') found.push('notify')
  if (state === 'notified') found.push('acknowledge', 'notify')
  if (state === 'acknowledged' || state === 'followed_up') found.push('follow-up')
  if (PRESSURE_RULES.includes(finding.rule_id) && !finding.needs_remeasure) found.push('remeasure')
  const ready = finding.finding_class === 'A' ? ['followed_up'] : ['acknowledged', 'followed_up']
  if (finding.result_changed_at !== null || ready.includes(state)) found.push('close')
  return found
}
