import type { Shape } from '@/api'
import { holderOf } from '@/id-number'

/** What is typed about a person before it is sent. */
export interface PersonDraft {
  name: string
  idNumber: string
  sex: string
  birthDate: string
}

export const NOBODY: PersonDraft = { name: '', idNumber: '', sex: '', birthDate: '' }

/** What is missing or cannot be, by the names of the platform's fields. */
export function missingOf(draft: PersonDraft, idOptional: boolean): Record<string, string> {
  const found: Record<string, string> = {}
  const number = draft.idNumber.trim()
  if (!draft.name.trim()) found.name = '请填写姓名'
  if (!number && !idOptional) found.id_number = '请填写身份证号码'
  if (number && !holderOf(number)) found.id_number = '身份证号码不对，请逐位核对'
  if (!number && idOptional && !draft.sex) found.sex = '请选择性别'
  if (!number && idOptional && !draft.birthDate) found.birth_date = '请选择出生日期'
  return found
}

export function personOf(draft: PersonDraft, phone?: string): Shape<'PersonGiven'> {
  const number = draft.idNumber.trim().toUpperCase()
  return {
    name: draft.name.trim(),
    sex: draft.sex,
    birth_date: draft.birthDate,
    ...(number && { id_type: '01', id_number: number }),
    ...(phone && { phone }),
  }
}

/** The platform names a person's fields `person.name`; the inputs stand for themselves. */
export function personErrors(fields: Record<string, string> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(fields ?? {}).map(([name, text]) => [name.replace(/^person\./, ''), text]))
}
