import { useQuery } from '@tanstack/vue-query'
import { ref } from 'vue'
import { api, download, ok } from '@/api/client'
import { queryClient } from '@/api/query'
import { toast } from '@/components/toast'
import type { Shape } from '@/api/types'

export type Export = Shape<'ExportView'>
export type ExportKind = Export['kind']

const TOPIC = 'exports.exports'

/** The drawer with my exports, one for the whole console. */
export const exportsOpen = ref(false)

export function useExports() {
  return useQuery({
    queryKey: [TOPIC, 'mine'],
    queryFn: () => ok(api.GET('/api/admin/exports')),
    enabled: exportsOpen,
    // The live stream tells of beginning and end; between them progress is asked for.
    refetchInterval: (query) => (query.state.data?.some(isMoving) ? 1_500 : false),
  })
}

export const isMoving = (one: Export) => one.state === 'queued' || one.state === 'running'

/** Orders a file of what a list shows, and opens the drawer where it grows. */
export async function startExport(kind: ExportKind, filters: Record<string, unknown>): Promise<void> {
  try {
    await ok(api.POST('/api/admin/exports', { body: { kind, filters } }))
    exportsOpen.value = true
    await refresh()
  } catch (error) {
    toast.failed(error)
  }
}

/** Stops an export that is under way, or throws away its file. */
export async function removeExport(id: string): Promise<void> {
  try {
    await ok(api.DELETE('/api/admin/exports/{export_id}', { params: { path: { export_id: id } } }))
    await refresh()
  } catch (error) {
    toast.failed(error)
  }
}

export async function saveExport(one: Export): Promise<void> {
  try {
    await download(`/api/admin/exports/${one.id}/file`, one.file_name)
  } catch (error) {
    toast.failed(error)
  }
}

const refresh = () => queryClient.invalidateQueries({ queryKey: [TOPIC] })
