import type { Shape } from '@/api/types'

type Person = Shape<'PersonView'>
type Given = Shape<'PersonGiven'>

/** A record as a form holds it: every field is text, an empty one is not filled in. */
export type PersonDraft = Record<(typeof FIELDS)[number], string>

export const FIELDS = [
  'name',
  'sex',
  'birth_date',
  'id_type',
  'id_number',
  'phone',
  'address',
  'nation',
  'marital_status',
  'education',
  'occupation',
  'blood_type_abo',
  'blood_type_rh',
] as const

export const fieldNames: Readonly<Record<keyof PersonDraft, string>> = {
  name: '姓名',
  sex: '性别',
  birth_date: '出生日期',
  id_type: '证件类别',
  id_number: '证件号码',
  phone: '电话',
  address: '地址',
  nation: '民族',
  marital_status: '婚姻状况',
  education: '学历',
  occupation: '职业',
  blood_type_abo: 'ABO 血型',
  blood_type_rh: 'Rh 血型',
}

export function emptyDraft(): PersonDraft {
  return { ...(Object.fromEntries(FIELDS.map((field) => [field, ''])) as PersonDraft), id_type: '01' }
}

/** The id number is masked on record, so the form begins without it; left empty it stays as it is. */
export function draftOf(person: Person): PersonDraft {
  const entries = FIELDS.map((field) => [field, field === 'id_number' ? '' : (person[field] ?? '')])
  return Object.fromEntries(entries) as PersonDraft
}

export function givenOf(draft: PersonDraft): Given {
  const filled = Object.fromEntries(FIELDS.map((field) => [field, draft[field].trim() || null]))
  if (!filled.id_number) filled.id_type = null
  return { ...filled, name: draft.name.trim(), sex: draft.sex, birth_date: draft.birth_date } as Given
}

/** What differs from `before`; a field that was emptied is null. An id number goes with its kind. */
export function changesBetween(before: PersonDraft, after: PersonDraft): Partial<Record<keyof PersonDraft, string | null>> {
  const changed = FIELDS.filter((field) => before[field].trim() !== after[field].trim())
  const changes = Object.fromEntries(changed.map((field) => [field, after[field].trim() || null]))
  if (changes.id_number) changes.id_type = after.id_type
  return changes
}

/** Birth date and sex that an 18-digit resident's id number tells; null when it is not one. */
export function fromIdNumber(number: string): { birth_date: string; sex: string } | null {
  const found = /^\d{6}(\d{4})(\d{2})(\d{2})\d{2}(\d)[\dXx]$/.exec(number.trim())
  if (!found) return null
  const [, year, month, day, order] = found
  const birth = `${year}-${month}-${day}`
  const real = new Date(`${birth}T00:00:00Z`)
  if (Number.isNaN(real.getTime()) || real.toISOString().slice(0, 10) !== birth) return null
  return { birth_date: birth, sex: Number(order) % 2 === 1 ? '1' : '2' }
}
