import { ElMessage } from 'element-plus'
import 'element-plus/es/components/message/style/css'
import { told } from '@/api/error'

/** A line that comes and goes: for what worked, and for what failed away from any form. */
export const toast = {
  done: (message: string) => ElMessage({ type: 'success', message, grouping: true }),
  failed: (error: unknown) =>
    ElMessage({ type: 'error', message: told(error), grouping: true, duration: 6_000, showClose: true }),
}
