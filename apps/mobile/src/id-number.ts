/** What an 18-digit resident ID number says of its holder; undefined for anything that is no such number. */
export interface Holder {
  birthDate: string
  sex: '1' | '2'
}

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHECKS = '10X98765432'

export function holderOf(given: string): Holder | undefined {
  const number = given.trim().toUpperCase()
  if (!/^\d{17}[\dX]$/.test(number)) return undefined
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(number[place]), 0)
  if (CHECKS[sum % 11] !== number[17]) return undefined
  const birthDate = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`
  // 19990231 parses in no calendar.
  if (new Date(`${birthDate}T00:00:00Z`).toISOString().slice(0, 10) !== birthDate) return undefined
  return { birthDate, sex: Number(number[16]) % 2 === 1 ? '1' : '2' }
}
