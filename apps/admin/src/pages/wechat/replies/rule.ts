import type { Shape } from '@/api/types'
import { chosenText } from '../materials/materials'

export type Rule = Shape<'ReplyView'>
export type Given = Shape<'ReplyGiven'>
export type Keyword = Shape<'KeywordView'>
export type Conflict = Shape<'ReplyConflictView'>

/** A text, or an entry of the library. */
export type Answer = Rule['answers'][number]

/** A rule as its form holds it: everything there, whatever the trigger. */
export type RuleForm = Required<Omit<Given, 'keywords' | 'answers'>> & { keywords: Keyword[]; answers: Answer[] }

export const MOST_ANSWERS = 3

export function formOf(rule?: Rule): RuleForm {
  if (!rule) {
    return {
      name: '',
      trigger: 'keyword',
      keywords: [{ text: '', match: 'part', examples: [] }],
      scene: '',
      kinds: [],
      visit: 'any',
      hours: 'any',
      answers: [''],
      hand_over: false,
      priority: 0,
      enabled: true,
    }
  }
  const { name, trigger, scene, visit, hours, hand_over, priority, enabled } = rule
  return {
    name, trigger, scene, visit, hours, hand_over, priority, enabled,
    kinds: [...rule.kinds] as RuleForm['kinds'],
    keywords: rule.keywords.map((one) => ({ ...one, examples: [...(one.examples ?? [])] })),
    answers: rule.answers.length ? [...rule.answers] : [''],
  }
}

/** What is sent: only what belongs to the trigger, without what was left empty. */
export function sentOf(form: RuleForm): Given {
  const comes = form.trigger === 'follow' || form.trigger === 'scan'
  return {
    ...form,
    keywords: form.trigger === 'keyword' ? form.keywords.filter((one) => one.text.trim()).map(keywordOf) : [],
    scene: form.trigger === 'scan' ? form.scene : '',
    kinds: form.trigger === 'kind' ? form.kinds : [],
    visit: comes ? form.visit : 'any',
    answers: form.answers.flatMap<NonNullable<Given['answers']>[number]>((one) => {
      if (typeof one !== 'string') return [{ material_id: one.material_id }]
      return one.trim() ? [one] : []
    }),
  }
}

/** An answer in one line. */
export const answerText = (one: Answer): string => (typeof one === 'string' ? one : chosenText(one))

function keywordOf(one: Keyword): Keyword {
  const examples = one.match === 'pattern' ? (one.examples ?? []).filter((text) => text.trim()) : []
  return { text: one.text, match: one.match, examples }
}

function keywordText(one: Keyword): string {
  if (one.match === 'pattern') return `/${one.text}/`
  return one.match === 'whole' ? `「${one.text}」` : one.text
}

/** What makes the rule answer, in one line. */
export function caseOf(rule: Rule, kinds: Readonly<Record<string, string>>): string {
  if (rule.trigger === 'keyword') return rule.keywords.map(keywordText).join('、') || '没有关键词'
  if (rule.trigger === 'scan') return `参数 ${rule.scene}`
  if (rule.trigger === 'kind') return rule.kinds.map((one) => kinds[one] ?? one).join('、')
  return ''
}
