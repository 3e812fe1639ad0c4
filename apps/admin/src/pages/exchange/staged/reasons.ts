import type { RouteLocationRaw } from 'vue-router'

/** What a person does about a result that waits for this reason. */
export const advice: Readonly<Record<string, string>> = {
  not_mapped: '为这个项目建立对照后，等待的结果会自动入库。',
  rejected: '已认定标准目录中没有对应的项目。认定有误的，撤销后重新对照；不需要的结果可以放弃。',
  disabled: '这个项目的对照已停用。恢复使用后，等待的结果会自动入库。',
  renamed: '厂家改了项目名称。到项目对照核对是否还是同一个项目，确认后自动入库。',
  unit_changed: '厂家改了项目单位。到项目对照核对，确认后自动入库。',
  unit: '结果的单位不能换算成标准单位。到项目对照指明单位的含义，确认后自动入库。',
  exam_unknown: '对方没有给出体检编号，而客户不止一次体检。请指定属于哪一次。',
}

export function mappingOf(vendorId: string, code: string): RouteLocationRaw {
  return { name: 'exchange-mappings', query: { vendor: vendorId, status: '*', q: code, item: code } }
}
