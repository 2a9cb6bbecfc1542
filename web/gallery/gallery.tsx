/**
 * Every component of the app in every state, for those who work on them: `npm run gallery`. It asks no server, stores
 * nothing, and is in no build. Its own words are for developers and stand here; what the components say is theirs.
 */

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Provider } from 'react-redux'
import { createHashRouter, RouterProvider } from 'react-router'
import { store } from '../src/realtime/realtime'
import { modelKeys } from '../src/shared/api/models'
import { Toaster } from '../src/shared/ui/toaster'
import { aModel } from '../test/factories/rows'
import { Banners } from './banners'
import { Collections } from './collections'
import { Controls } from './controls'
import { Dress } from './dress'
import { Lists } from './lists'
import { Rows } from './rows'
import { States } from './states'

export function Gallery() {
  const [queryClient] = useState(answered)
  // Links lead to places of the app: whatever their path, the gallery stays.
  const [router] = useState(() => createHashRouter([{ path: '*', Component: Rooms }]))
  return (
    <Provider store={store}>
      <QueryClientProvider client={queryClient}>
        <Toaster>
          <RouterProvider router={router} />
        </Toaster>
      </QueryClientProvider>
    </Provider>
  )
}

function Rooms() {
  // Rows that are edited take the focus when they are drawn.
  useEffect(() => {
    scrollTo(0, 0)
  }, [])
  return (
    <main className="mx-auto max-w-5xl px-4 py-8 sm:px-8">
      <Dress />
      <Controls />
      <States />
      <Banners />
      <Rows />
      <Lists />
      <Collections />
    </main>
  )
}

/** What components ask the server for, as if it had answered. */
function answered(): QueryClient {
  const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } })
  const models = [aModel(), aModel({ id: 'large', name: 'GPT-4o', provider: 'openai', model: 'gpt-4o' })]
  queryClient.setQueryData(modelKeys.list, { items: models, next_cursor: null })
  return queryClient
}
