import { reactive, ref, type Ref } from 'vue'
import { ApiError, told } from '@/api/error'

export interface FormErrors {
  /** For `<el-form-item :error="errors.of('phone')">`. */
  of: (field: string) => string
  /** What belongs to no field; FormAlert shows it. */
  general: Ref<string>
  requestId: Ref<string>
  /** Takes what a call threw. */
  set: (error: unknown) => void
  put: (field: string, message: string) => void
  clear: () => void
}

/** The server's refusals, each beside the field it is about. `of` marks a field as shown; the rest goes into `general`. */
export function useFormErrors(): FormErrors {
  const fields = reactive<Record<string, string>>({})
  const shown = new Set<string>()
  const general = ref('')
  const requestId = ref('')

  function clear() {
    Object.keys(fields).forEach((field) => delete fields[field])
    general.value = ''
    requestId.value = ''
  }

  return {
    general,
    requestId,
    clear,
    of: (field) => {
      shown.add(field)
      return fields[field] ?? ''
    },
    put: (field, message) => {
      fields[field] = message
    },
    set: (error) => {
      clear()
      const given = error instanceof ApiError ? error.fields : {}
      Object.assign(fields, given)
      const elsewhere = Object.entries(given).filter(([field]) => !shown.has(field))
      const covered = Object.keys(given).length > 0 && elsewhere.length === 0
      if (covered) return
      general.value = [told(error), ...elsewhere.map(([field, message]) => `${field}：${message}`)].join('；')
      requestId.value = error instanceof ApiError && error.status >= 500 ? error.requestId : ''
    },
  }
}
