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

/** Something of the platform to be shown in place: an address for a picture, a sound or a film on this device. Throws ApiError. */
export async function localFile(path: string): Promise<string> {
  // #ifdef H5
  return await browserFile(path)
  // #endif
  // #ifndef H5
  return await downloadedFile(path)
  // #endif
}

export async function browserFile(path: string): Promise<string> {
  const answer = await fetch(HOST + path, { headers: headersFor(path) }).catch(() => {
    throw unreachable()
  })
  if (!answer.ok) throw errorOf(answer.status, await answer.json().catch(() => undefined))
  return URL.createObjectURL(await answer.blob())
}

export function downloadedFile(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    uni.downloadFile({
      url: HOST + path,
      header: headersFor(path),
      success: ({ statusCode, tempFilePath }) => (statusCode === 200 ? resolve(tempFilePath) : reject(errorOf(statusCode, undefined))),
      fail: () => reject(unreachable()),
    })
  })
}

/** What a file is on this device: the browser's own object, or a path of the mini-program. */
export type LocalFile = Blob | string

/** Sends a file as the body of a request and gives the answer. Throws ApiError. */
export async function sendFile<T>(path: string, file: LocalFile): Promise<T> {
  const header = { ...headersFor(path), 'Content-Type': 'application/octet-stream' }
  // #ifdef H5
  const answer = await fetch(HOST + path, { method: 'POST', headers: header, body: file }).catch(() => {
    throw unreachable()
  })
  const body: unknown = await answer.json().catch(() => undefined)
  if (!answer.ok) throw errorOf(answer.status, body)
  return body as T
  // #endif
  // #ifndef H5
  return await sendFromDisk<T>(path, file as string, header)
  // #endif
}

export function sendFromDisk<T>(path: string, filePath: string, header: Record<string, string>): Promise<T> {
  return new Promise((resolve, reject) => {
    uni.getFileSystemManager().readFile({
      filePath,
      success: ({ data }) =>
        uni.request({
          url: HOST + path,
          method: 'POST',
          header,
          data,
          success: ({ statusCode, data: body }) => (statusCode < 300 ? resolve(body as T) : reject(errorOf(statusCode, body))),
          fail: () => reject(unreachable()),
        }),
      fail: () => reject(unreachable()),
    })
  })
}
