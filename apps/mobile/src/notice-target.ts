import { ROUTES } from '@/routes'

/** The page that a notice is about, by what it speaks of; undefined when there is none. */
export function noticeTarget(notice: { template_code: string; subject: string }): string | undefined {
  const [kind, id = ''] = notice.subject.split('/')
  if (kind === 'health.findings') return ROUTES.findings
  if (kind === 'health.checklists') return ROUTES.checklist
  if (kind === 'messaging.conversations') return ROUTES.chat(id)
  if (kind === 'people.identity_checks') return ROUTES.identity
  if (kind !== 'exams.bookings') return undefined
  switch (notice.template_code) {
    case 'guide_received':
      return ROUTES.guide(id)
    case 'results_received':
      return ROUTES.results(id)
    case 'report_received':
      return ROUTES.report(id)
    default:
      return ROUTES.bookings
  }
}
