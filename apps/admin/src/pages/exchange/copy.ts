import { ApiError } from '@/api/error'
import { toast } from '@/components/toast'

/** Puts text on the clipboard and says so; some browsers allow it on https only. */
export async function copyText(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast.done(done)
  } catch {
    toast.failed(new ApiError(0, 'clipboard.refused', '浏览器不允许复制，请选中后手工复制'))
  }
}
