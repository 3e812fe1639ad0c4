import { defineAsyncComponent, type Component } from 'vue'
import LoadingState from '@/components/states/LoadingState.vue'

interface Tab {
  key: string
  title: string
  /** Whoever has any of them sees the tab. */
  permission: readonly string[]
  component: Component
}

const tab = (loader: () => Promise<{ default: Component }>) =>
  defineAsyncComponent({ loader, loadingComponent: LoadingState, delay: 200 })

/** The tabs of a customer's page; each gets the person as `person`. */
export const tabs: readonly Tab[] = [
  {
    key: 'timeline',
    title: '时间线',
    permission: ['exams.booking.read', 'forms.response.read', 'health.finding.read'],
    component: tab(() => import('./TimelineTab.vue')),
  },
  {
    key: 'results',
    title: '体检结果',
    permission: ['exams.result.read'],
    component: tab(() => import('./results/ResultsTab.vue')),
  },
  {
    key: 'risks',
    title: '风险评估',
    permission: ['health.risk.read'],
    component: tab(() => import('./risks/RisksTab.vue')),
  },
  {
    key: 'forms',
    title: '问卷',
    permission: ['forms.response.read'],
    component: tab(() => import('./forms/FormsTab.vue')),
  },
  {
    key: 'reports',
    title: '报告',
    permission: ['exams.result.read'],
    component: tab(() => import('./ReportsTab.vue')),
  },
  {
    key: 'record',
    title: '档案',
    permission: ['people.person.read'],
    component: tab(() => import('./record/RecordTab.vue')),
  },
]
