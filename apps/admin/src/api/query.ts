import { QueryClient } from '@tanstack/vue-query'
import { ApiError } from './error'

// The first element of every query key is the topic that the live stream tells of: ['exams.bookings', …].
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // 'always': without a network the call fails and the page says so, instead of waiting silently.
      networkMode: 'always',
      staleTime: 15_000,
      retry: (count, error) => count < 1 && error instanceof ApiError && error.passing,
      retryDelay: 800,
    },
    mutations: { networkMode: 'always', retry: false },
  },
})

declare module '@tanstack/vue-query' {
  interface Register {
    defaultError: ApiError
  }
}
