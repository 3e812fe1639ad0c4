import type { LocalFile } from '@/api/file'

export const LONGEST_S = 60

/** Records a voice: `start` begins, `stop` gives what was said, `cancel` throws it away. */
export interface Recorder {
  start: () => Promise<void>
  stop: () => Promise<LocalFile | undefined>
  cancel: () => void
}

const REFUSED = '没有使用麦克风的许可，请在手机设置里允许后重试'

/** The browser's own recorder; what it makes differs by browser and is told by its content. */
export function browserRecorder(): Recorder {
  let recorder: MediaRecorder | undefined
  let pieces: Blob[] = []

  function end(): Promise<LocalFile | undefined> {
    const running = recorder
    recorder = undefined
    if (!running) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      running.onstop = () => {
        running.stream.getTracks().forEach((track) => track.stop())
        resolve(pieces.length > 0 ? new Blob(pieces, { type: running.mimeType }) : undefined)
      }
      running.stop()
    })
  }

  return {
    async start() {
      if (!navigator.mediaDevices || typeof MediaRecorder === 'undefined') throw new Error('这个浏览器不能录音，请改用文字')
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch(() => {
        throw new Error(REFUSED)
      })
      pieces = []
      recorder = new MediaRecorder(stream)
      recorder.ondataavailable = ({ data }) => data.size > 0 && pieces.push(data)
      recorder.start()
    },
    stop: end,
    cancel: () => void end(),
  }
}

/** The mini-program's, as MP3. */
export function wechatRecorder(): Recorder {
  const manager = uni.getRecorderManager()
  return {
    start: () =>
      new Promise((resolve, reject) => {
        manager.onStart(() => resolve())
        manager.onError(() => reject(new Error(REFUSED)))
        manager.start({ duration: LONGEST_S * 1000, format: 'mp3', sampleRate: 16000, numberOfChannels: 1, encodeBitRate: 48000 })
      }),
    stop: () =>
      new Promise((resolve) => {
        manager.onStop(({ tempFilePath }) => resolve(tempFilePath))
        manager.stop()
      }),
    cancel() {
      manager.onStop(() => undefined)
      manager.stop()
    },
  }
}
