import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Provider } from 'react-redux'
import { store } from '../realtime/realtime'
import { Problem } from '../shared/api/problem'
import { Toaster } from '../shared/ui/toaster'

const RETRIES = 2

/** Asks whatever the browser believes of its network: the server may be on this very machine. */
export const queryClient = new QueryClient({
  defaultOptions: {
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      refetchOnReconnect: true,
      staleTime: 5_000,
      // A refusal stays one however often it is asked; only what may pass is tried again.
      retry: (failures, error) => failures < RETRIES && (!(error instanceof Problem) || error.body.retryable === true),
    },
  },
})

export function Providers({ children }: { children: ReactNode }) {
  return (
    <Provider store={store}>
      <QueryClientProvider client={queryClient}>
        <Toaster>{children}</Toaster>
      </QueryClientProvider>
    </Provider>
  )
}
