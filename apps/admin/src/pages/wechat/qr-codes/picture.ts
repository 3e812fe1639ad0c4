// A QR code is drawn here: its content never goes to a service that draws it.
import { encode, renderSVG } from 'uqr'

export const pictureOf = (url: string): string =>
  `data:image/svg+xml,${encodeURIComponent(renderSVG(url, { border: 2 }))}`

const PRINTED_PX = 1024
const BORDER = 4

/** Saves the code as a PNG that is large enough to print. */
export function savePicture(url: string, fileName: string): void {
  const { data, size } = encode(url, { border: BORDER })
  const canvas = document.createElement('canvas')
  const scale = Math.max(1, Math.floor(PRINTED_PX / size))
  canvas.width = canvas.height = size * scale
  const pen = canvas.getContext('2d')!
  pen.fillStyle = '#fff'
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.fillStyle = '#000'
  data.forEach((line, y) => line.forEach((dark, x) => dark && pen.fillRect(x * scale, y * scale, scale, scale)))
  canvas.toBlob((blob) => {
    if (!blob) return
    const link = document.createElement('a')
    link.href = URL.createObjectURL(blob)
    link.download = `${fileName}.png`
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  }, 'image/png')
}
