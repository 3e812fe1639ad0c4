import { useQueryClient } from '@tanstack/vue-query'
import { reactive, ref } from 'vue'
import { api, ok } from '@/api/client'
import { toast } from '@/components/toast'
import { checklistOf, type Line } from './checklist'

/**
 * Ticking at the speed of a hand: what was ticked shows at once and is sent in order, always upon the revision that the last
 * answer gave. When the platform refuses, the list is read again and shows what holds.
 */
export function useTicks(id: string) {
  const queries = useQueryClient()
  const wanted = reactive<Record<string, boolean>>({})
  const saving = ref(false)
  const key = checklistOf(id).queryKey

  function set(ticks: Readonly<Record<string, boolean>>) {
    Object.assign(wanted, ticks)
    void send()
  }

  async function send() {
    if (saving.value) return
    saving.value = true
    while (Object.keys(wanted).length) {
      const ticks = { ...wanted }
      const known = queries.getQueryData(key)
      if (!known) break
      try {
        const now = await ok(
          api.PUT('/api/admin/health/checklists/{checklist_id}/ticks', {
            params: { path: { checklist_id: id } },
            body: { revision: known.revision, ticks },
          }),
        )
        await queries.cancelQueries({ queryKey: key })
        queries.setQueryData(key, now)
        for (const [code, tick] of Object.entries(ticks)) if (wanted[code] === tick) delete wanted[code]
      } catch (error) {
        Object.keys(wanted).forEach((code) => delete wanted[code])
        toast.failed(error)
        await queries.invalidateQueries({ queryKey: ['health.checklists'] })
      }
    }
    saving.value = false
  }

  return { set, saving, ticked: (line: Line) => wanted[line.item_code] ?? line.ticked }
}
