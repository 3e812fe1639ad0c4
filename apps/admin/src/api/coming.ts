// Routes that the committed description of the interface does not name yet. This file goes with the next `npm run gen`.

export interface ExportView {
  id: string
  kind: ExportKind
  title: string
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  done: number
  total: number | null
  file_name: string | null
  error: string | null
  created_at: string
  expires_at: string | null
}

export type ExportKind =
  | 'people.persons'
  | 'exams.bookings'
  | 'health.findings'
  | 'exchange.messages'
  | 'exchange.staged_results'
  | 'accounts.audit'

export interface WaitingView {
  kind: string
  count: number
  oldest_at: string | null
}

interface Answer<T> {
  responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': T } } }
}
interface Nothing {
  responses: { 204: { headers: Record<string, unknown>; content?: never } }
}
interface None {
  query?: never
  header?: never
  path?: never
  cookie?: never
}

export interface ComingPaths {
  '/api/admin/exports': {
    parameters: None
    get: Answer<ExportView[]> & { parameters: None }
    post: Answer<ExportView> & {
      parameters: None
      requestBody: { content: { 'application/json': { kind: ExportKind; filters: Record<string, unknown> } } }
    }
  }
  '/api/admin/exports/{export_id}': {
    parameters: None
    delete: Nothing & { parameters: Omit<None, 'path'> & { path: { export_id: string } } }
  }
  '/api/admin/workbench': {
    parameters: None
    get: Answer<WaitingView[]> & { parameters: None }
  }
}
