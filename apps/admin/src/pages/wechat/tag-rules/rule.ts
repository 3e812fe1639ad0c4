import type { Shape } from '@/api/types'
import { name } from '@/labels'
import { fanSources } from '../audience-labels'

export type Rule = Shape<'TagRuleView'>
export type Given = Shape<'TagRuleGiven'>
export type Run = Shape<'TagRunView'>
type Asked = Shape<'TagConditions'>
type Source = Asked['sources'][number]

/** A rule as its form holds it. Of what is left empty nothing is asked. */
export interface RuleForm {
  name: string
  tag_id: number | null
  sources: Source[]
  scenes: string[]
  followed_for: number | null
  followed_within: number | null
  spoke_within: number | null
  silent_for: number | null
  bound: '' | 'yes' | 'no'
  takes_away: boolean
  enabled: boolean
}

export function formOf(rule?: Rule): RuleForm {
  const asked: Partial<Asked> = rule?.conditions ?? {}
  return {
    name: rule?.name ?? '',
    tag_id: rule?.tag_id ?? null,
    sources: [...(asked.sources ?? [])],
    scenes: [...(asked.scenes ?? [])],
    followed_for: asked.followed_for ?? null,
    followed_within: asked.followed_within ?? null,
    spoke_within: asked.spoke_within ?? null,
    silent_for: asked.silent_for ?? null,
    bound: asked.bound === true ? 'yes' : asked.bound === false ? 'no' : '',
    takes_away: rule?.takes_away ?? true,
    enabled: rule?.enabled ?? true,
  }
}

/** Without what was left empty. */
export function askedOf(form: RuleForm): Asked {
  const { sources, scenes, followed_for, followed_within, spoke_within, silent_for, bound } = form
  return {
    sources,
    scenes,
    ...(followed_for ? { followed_for } : {}),
    ...(followed_within ? { followed_within } : {}),
    ...(spoke_within ? { spoke_within } : {}),
    ...(silent_for ? { silent_for } : {}),
    ...(bound ? { bound: bound === 'yes' } : {}),
  }
}

/** The conditions in one line; all of them have to be met. */
export function conditionText(asked: Asked): string {
  const parts = [
    asked.sources.length ? asked.sources.map((one) => name(fanSources, one)).join('或') : '',
    asked.scenes.length ? `扫过 ${asked.scenes.join('或')}` : '',
    asked.followed_for ? `关注满 ${asked.followed_for} 天` : '',
    asked.followed_within ? `关注不满 ${asked.followed_within} 天` : '',
    asked.spoke_within ? `最近 ${asked.spoke_within} 天内发来过消息` : '',
    asked.silent_for ? `已有 ${asked.silent_for} 天没有发来消息` : '',
    asked.bound === true ? '已绑定客户' : asked.bound === false ? '没有绑定客户' : '',
  ]
  return parts.filter(Boolean).join('，且')
}
