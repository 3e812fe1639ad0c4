/** One measurement; `value` as the number drawn, `text` as people read it. */
export interface TrendPoint {
  day: string
  value: number
  text: string
  abnormal?: boolean
}

export interface Band {
  low?: number | null
  high?: number | null
}

const WIDTH = 340
const HEIGHT = 180
const LEFT = 44
const RIGHT = 16
const TOP = 24
const BOTTOM = 28

const LINE = '#0f766e'
const BAND = '#ccfbf1'
const AXIS = '#cbd5e1'
const TEXT = '#475569'
const ABNORMAL = '#b91c1c'

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)))
}

/** The values the picture must reach: all points and the limits of the reference range, with some air. */
export function span(points: TrendPoint[], band: Band): [number, number] {
  const marks = points.map((point) => point.value)
  for (const limit of [band.low, band.high]) if (limit != null) marks.push(limit)
  const low = Math.min(...marks)
  const high = Math.max(...marks)
  const air = (high - low || Math.abs(high) || 1) * 0.15
  return [low - air, high + air]
}

/**
 * A line chart as SVG: points in the order of time, the reference range as a band, abnormal points as red triangles
 * (form, not only colour). Shown as an image, since mini-programs have no svg element; an image runs no scripts.
 */
export function trendSvg(points: TrendPoint[], band: Band, fontSize = 12): string {
  const [low, high] = span(points, band)
  const times = points.map((point) => Date.parse(point.day))
  const first = Math.min(...times)
  const length = Math.max(...times) - first || 1
  const x = (time: number) =>
    points.length === 1 ? (LEFT + WIDTH - RIGHT) / 2 : LEFT + ((time - first) / length) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM)
  const round = (place: number) => place.toFixed(1)
  const label = (at: number, up: number, text: string, anchor: string, colour = TEXT) =>
    `<text x="${round(at)}" y="${round(up)}" font-size="${fontSize}" text-anchor="${anchor}" fill="${colour}">${escape(text)}</text>`

  const parts: string[] = []
  const top = band.high == null ? TOP : y(band.high)
  const floor = band.low == null ? HEIGHT - BOTTOM : y(band.low)
  if (band.high != null || band.low != null) {
    parts.push(`<rect x="${LEFT}" y="${round(top)}" width="${WIDTH - LEFT - RIGHT}" height="${round(floor - top)}" fill="${BAND}"/>`)
    if (band.high != null) parts.push(label(LEFT - 6, top + fontSize / 3, short(band.high), 'end'))
    if (band.low != null) parts.push(label(LEFT - 6, floor + fontSize / 3, short(band.low), 'end'))
  }
  parts.push(`<path d="M${LEFT} ${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" stroke="${AXIS}"/>`)
  const places = points.map((point, index) => [x(times[index] ?? first), y(point.value)] as const)
  parts.push(
    `<polyline points="${places.map(([at, up]) => `${round(at)},${round(up)}`).join(' ')}" fill="none" stroke="${LINE}" stroke-width="2"/>`,
  )
  points.forEach((point, index) => {
    const [at, up] = places[index] ?? [0, 0]
    parts.push(
      point.abnormal
        ? `<path d="M${round(at)} ${round(up - 6)}l6 10h-12z" fill="${ABNORMAL}"/>`
        : `<circle cx="${round(at)}" cy="${round(up)}" r="4" fill="${LINE}"/>`,
    )
    const ends = index === 0 || index === points.length - 1
    if (ends || point.abnormal) {
      const anchor = points.length > 1 && index === points.length - 1 ? 'end' : index === 0 && points.length > 1 ? 'start' : 'middle'
      parts.push(label(at, Math.max(up - 10, fontSize), point.text, anchor, point.abnormal ? ABNORMAL : TEXT))
      if (ends) parts.push(label(at, HEIGHT - 8, point.day.slice(0, 7), anchor))
    }
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif">${parts.join('')}</svg>`
}
