import { queryOptions } from '@tanstack/vue-query'
import { api, ok } from '@/api/client'
import type { paths } from '@/api/schema'

// What the customer's page reads. One place, so that timeline and tabs share what was read once; the first element of each
// key is the topic by which it is refreshed.

const MOST = 200

export type Booking =
  paths['/api/admin/exams/bookings']['get']['responses'][200]['content']['application/json']['items'][number]

export const personOf = (id: string) =>
  queryOptions({
    queryKey: ['people.persons', 'one', id],
    queryFn: () => ok(api.GET('/api/admin/people/persons/{person_id}', { params: { path: { person_id: id } } })),
  })

export const enrolmentsOf = (id: string) =>
  queryOptions({
    queryKey: ['people.persons', 'enrolments', id],
    queryFn: () =>
      ok(api.GET('/api/admin/people/persons/{person_id}/enrolments', { params: { path: { person_id: id } } })),
  })

export const consentsOf = (id: string) =>
  queryOptions({
    queryKey: ['people.persons', 'consents', id],
    queryFn: () =>
      ok(api.GET('/api/admin/people/persons/{person_id}/consents', { params: { path: { person_id: id } } })),
  })

export const assuranceOf = (id: string) =>
  queryOptions({
    queryKey: ['people.identity', 'assurance', id],
    queryFn: () =>
      ok(api.GET('/api/admin/people/persons/{person_id}/assurance', { params: { path: { person_id: id } } })),
  })

export const examAccountsOf = (id: string) =>
  queryOptions({
    queryKey: ['exams.bookings', 'accounts', id],
    queryFn: () => ok(api.GET('/api/admin/exams/persons/{person_id}/accounts', { params: { path: { person_id: id } } })),
  })

export const bookingsOf = (id: string) =>
  queryOptions({
    queryKey: ['exams.bookings', 'of-person', id],
    queryFn: async () =>
      (await ok(api.GET('/api/admin/exams/bookings', { params: { query: { person_id: id, limit: MOST } } }))).items,
  })

export const guideOf = (bookingId: string) =>
  queryOptions({
    queryKey: ['exams.guides', bookingId],
    queryFn: () =>
      ok(api.GET('/api/admin/exams/bookings/{booking_id}/guide', { params: { path: { booking_id: bookingId } } })),
  })

export const resultsOf = (bookingId: string) =>
  queryOptions({
    queryKey: ['exams.results', 'exam', bookingId],
    queryFn: () =>
      ok(api.GET('/api/admin/exams/bookings/{booking_id}/results', { params: { path: { booking_id: bookingId } } })),
  })

export const reportsOf = (bookingId: string) =>
  queryOptions({
    queryKey: ['exams.reports', bookingId],
    queryFn: () =>
      ok(api.GET('/api/admin/exams/bookings/{booking_id}/reports', { params: { path: { booking_id: bookingId } } })),
  })

export const monitoringOf = (id: string) =>
  queryOptions({
    queryKey: ['exams.results', 'monitoring', id],
    queryFn: () =>
      ok(api.GET('/api/admin/health/persons/{person_id}/monitoring', { params: { path: { person_id: id } } })),
  })

export const itemResultsOf = (id: string, itemCode: string) =>
  queryOptions({
    queryKey: ['exams.results', 'item', id, itemCode],
    queryFn: async () =>
      (
        await ok(
          api.GET('/api/admin/exams/persons/{person_id}/results', {
            params: { path: { person_id: id }, query: { item_code: itemCode, limit: MOST } },
          }),
        )
      ).items,
  })

export const versionsOf = (bookingId: string, vendorItemCode: string) =>
  queryOptions({
    queryKey: ['exams.results', 'versions', bookingId, vendorItemCode],
    queryFn: () =>
      ok(
        api.GET('/api/admin/exams/bookings/{booking_id}/results/{vendor_item_code}/history', {
          params: { path: { booking_id: bookingId, vendor_item_code: vendorItemCode } },
        }),
      ),
  })

export const checklistsOf = (id: string) =>
  queryOptions({
    queryKey: ['health.checklists', 'of-person', id],
    queryFn: async () =>
      (
        await ok(
          api.GET('/api/admin/health/checklists', { params: { query: { person_id: id, state: 'all', limit: MOST } } }),
        )
      ).items,
  })

export const findingsOf = (id: string) =>
  queryOptions({
    queryKey: ['health.findings', 'of-person', id],
    queryFn: async () =>
      (await ok(api.GET('/api/admin/health/findings', { params: { query: { person_id: id, limit: MOST } } }))).items,
  })

export const risksOf = (id: string) =>
  queryOptions({
    queryKey: ['health.risks', 'now', id],
    queryFn: () => ok(api.GET('/api/admin/health/persons/{person_id}/risks', { params: { path: { person_id: id } } })),
  })

export const responsesOf = (id: string) =>
  queryOptions({
    queryKey: ['forms.responses', 'of-person', id],
    queryFn: async () =>
      (
        await ok(
          api.GET('/api/admin/forms/persons/{person_id}/responses', {
            params: { path: { person_id: id }, query: { limit: MOST } },
          }),
        )
      ).items,
  })

export const responseOf = (responseId: string) =>
  queryOptions({
    queryKey: ['forms.responses', 'one', responseId],
    queryFn: () =>
      ok(api.GET('/api/admin/forms/responses/{response_id}', { params: { path: { response_id: responseId } } })),
  })

export const domains = () =>
  queryOptions({
    queryKey: ['people.domains'],
    queryFn: () => ok(api.GET('/api/admin/people/domains')),
    staleTime: Infinity,
  })

export const placement = () =>
  queryOptions({
    queryKey: ['people.placement'],
    queryFn: () => ok(api.GET('/api/admin/people/placement')),
    staleTime: 5 * 60_000,
  })
