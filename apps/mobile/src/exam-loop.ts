import { computed } from 'vue'
import { api } from '@/api'
import { today } from '@/format'
import { useResource } from '@/live'
import { nextAction, type Situation, stepsOf } from '@/next-action'

/** Everything that 首页 and 服务 must know about the customer's exam loop; call it in a page's setup. */
export function useExamLoop() {
  const bindings = useResource('exchange.bindings', () => api.get('/api/patient/exchange/bindings'))
  const forms = useResource('forms.responses', () => api.get('/api/patient/forms'))
  const checklist = useResource('health.checklists', () => api.get('/api/patient/health/checklist'))
  const bookings = useResource('exams.bookings', () => api.get('/api/patient/exams/bookings', { query: { limit: 5 } }))
  const findings = useResource('health.findings', () => api.get('/api/patient/health/findings', { query: { limit: 20 } }))

  const booking = computed(() => bookings.data?.items.find((one) => one.state !== 'cancelled'))
  const bookingId = () => booking.value?.id ?? ''
  const path = () => ({ path: { booking_id: bookingId() } })
  const guide = useResource('exams.guides', () => api.get('/api/patient/exams/bookings/{booking_id}/guide', path()), bookingId)
  const reports = useResource('exams.reports', () => api.get('/api/patient/exams/bookings/{booking_id}/reports', path()), bookingId)
  const latest = useResource('exams.results', () => api.get('/api/patient/exams/results', { query: { limit: 1 } }))

  const questionnaire = computed(() => forms.data?.find((form) => form.kind === 'questionnaire'))
  const parts = computed(() => [bindings, forms, checklist, bookings, findings, latest, ...(booking.value ? [guide, reports] : [])])

  /** All parts as one resource for StateView: there when all are there. */
  const state = {
    get data() {
      return parts.value.every((part) => part.data !== undefined) ? parts.value : undefined
    },
    get error() {
      return parts.value.find((part) => part.error)?.error
    },
    get loading() {
      return parts.value.some((part) => part.loading)
    },
    get offline() {
      return parts.value.some((part) => part.offline)
    },
    reload: async () => {
      await Promise.all(parts.value.filter((part) => part.error || part.data === undefined).map((part) => part.reload()))
    },
  }

  const situation = computed<Situation>(() => ({
    today: today(),
    bound: (bindings.data?.length ?? 0) > 0,
    questionnaire: questionnaire.value,
    checklistConfirmed: checklist.data?.confirmed ?? false,
    booking: booking.value,
    guide: Boolean(guide.data),
    results: booking.value !== undefined && latest.data?.items[0]?.exam_id === booking.value.id,
    reportedAt: reports.data?.[0]?.received_at,
    findings: findings.data?.items ?? [],
  }))
  const action = computed(() => nextAction(situation.value))

  return { state, situation, action, booking, questionnaire, steps: computed(() => stepsOf(situation.value)) }
}
