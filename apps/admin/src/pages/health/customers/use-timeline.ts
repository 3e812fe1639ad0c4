import { useQueries, useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { useSession } from '@/session/session'
import { useCatalogue } from '../shared/catalogue'
import { bookingsOf, checklistsOf, findingsOf, guideOf, reportsOf, responsesOf, resultsOf } from './queries'
import { entriesOf } from './timeline'

/** Gathers a customer's timeline from the lists it is made of, all at once; what the caller may not read stays out. */
export function useTimeline(personId: string) {
  const session = useSession()
  const may = (permission: string) => () => session.can(permission)
  const catalogue = useCatalogue()

  const responses = useQuery({ ...responsesOf(personId), enabled: may('forms.response.read') })
  const checklists = useQuery({ ...checklistsOf(personId), enabled: may('health.checklist.read') })
  const bookings = useQuery({ ...bookingsOf(personId), enabled: may('exams.booking.read') })
  const findings = useQuery({ ...findingsOf(personId), enabled: may('health.finding.read') })

  // Only an exam that the centre knows has papers and results.
  const exams = computed(() => (bookings.data.value ?? []).filter((booking) => booking.state === 'booked').map((one) => one.id))
  const guides = useQueries({ queries: () => exams.value.map((id) => guideOf(id)) })
  const results = useQueries({
    queries: () => (session.can('exams.result.read') ? exams.value.map((id) => resultsOf(id)) : []),
  })
  const reports = useQueries({
    queries: () => (session.can('exams.result.read') ? exams.value.map((id) => reportsOf(id)) : []),
  })

  const lists = { 问卷: responses, 清单: checklists, 预约: bookings, 异常: findings }
  const papers = { 指引: guides, 结果: results, 报告: reports }

  const entries = computed(() =>
    entriesOf(
      {
        responses: responses.data.value ?? [],
        checklists: checklists.data.value ?? [],
        bookings: bookings.data.value ?? [],
        findings: findings.data.value ?? [],
        exams: exams.value.map((bookingId, place) => ({
          bookingId,
          guide: guides.value[place]?.data ?? null,
          results: results.value[place]?.data ?? [],
          reports: reports.value[place]?.data ?? [],
        })),
      },
      catalogue.nameOf,
    ),
  )

  const anyOf = (found: { value: readonly { isError: boolean; isLoading: boolean }[] }, what: 'isError' | 'isLoading') =>
    found.value.some((query) => query[what])

  return {
    entries,
    pending: computed(
      () =>
        Object.values(lists).some((query) => query.isLoading.value) ||
        Object.values(papers).some((found) => anyOf(found, 'isLoading')),
    ),
    /** The names of what could not be read. */
    failed: computed(() => [
      ...Object.entries(lists).flatMap(([name, query]) => (query.isError.value ? [name] : [])),
      ...Object.entries(papers).flatMap(([name, found]) => (anyOf(found, 'isError') ? [name] : [])),
    ]),
    retry: () => {
      for (const query of Object.values(lists)) if (query.isError.value) void query.refetch()
      for (const found of Object.values(papers)) {
        for (const query of found.value) if (query.isError) void query.refetch()
      }
    },
  }
}
