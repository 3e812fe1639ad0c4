// Standard units come in UCUM spelling; people read the spelling of a Chinese laboratory report.
const SPOKEN: readonly [RegExp, string][] = [
  [/mm\[Hg\]/g, 'mmHg'],
  [/\[pH\]/g, ''],
  [/kg\/m2/g, 'kg/m²'],
  [/10\*9/g, '10⁹'],
  [/10\*12/g, '10¹²'],
  [/\bu(?=mol|g|L|U|IU)/g, 'μ'],
  [/\{[^}]*\}/g, ''],
]

/** A UCUM unit, or a sentence of the platform that holds one, as people write it. */
export function spokenUnit(text: string | null | undefined): string {
  if (!text || text === '1') return ''
  if (text === '/min') return '次/分'
  return SPOKEN.reduce((said, [written, spoken]) => said.replace(written, spoken), text)
}

/** At most two decimals, without trailing zeros: 24.98, 5.1, 130. */
export function rounded(value: number): string {
  return String(Number(value.toFixed(2)))
}
