import { headersFor, HOST } from './client'
import { errorOf, unreachable } from './errors'

/** Shows a file of the platform (a PDF) in the phone's own viewer. Throws ApiError. */
export async function openFile(path: string): Promise<void> {
  // #ifdef H5
  await openInBrowser(path)
  // #endif
  // #ifndef H5
  await openDownloaded(path)
  // #endif
}

/** The window is opened before the file is there: later, browsers would take it for a pop-up. */
export async function openInBrowser(path: string): Promise<void> {
  const opened = window.open('', '_blank')
  try {
    const answer = await fetch(HOST + path, { headers: headersFor(path) }).catch(() => {
      throw unreachable()
    })
    if (!answer.ok) throw errorOf(answer.status, await answer.json().catch(() => undefined))
    const address = URL.createObjectURL(await answer.blob())
    // WeChat's browser opens no second window.
    if (opened) opened.location.href = address
    else window.location.href = address
  } catch (thrown) {
    opened?.close()
    throw thrown
  }
}

export function openDownloaded(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    uni.downloadFile({
      url: HOST + path,
      header: headersFor(path),
      success: ({ statusCode, tempFilePath }) => {
        if (statusCode !== 200) return reject(errorOf(statusCode, undefined))
        uni.openDocument({ filePath: tempFilePath, fileType: 'pdf', success: () => resolve(), fail: () => reject(unreachable()) })
      },
      fail: () => reject(unreachable()),
    })
  })
}
