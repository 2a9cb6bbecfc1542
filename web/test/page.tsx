/** A page of the app around a component: its providers, its routes, and a server that the test writes down. */

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import type { ReactNode } from 'react'
import { Provider } from 'react-redux'
import { createMemoryRouter, type InitialEntry, RouterProvider } from 'react-router'
import { afterEach, vi } from 'vitest'
import { store } from '../src/realtime/realtime'
import { Toaster } from '../src/shared/ui/toaster'

export interface Asked {
  method: string
  path: string
  query: URLSearchParams
  headers: Headers
  body: unknown
}

type Answer = unknown | ((asked: Asked) => unknown)

interface FieldError {
  pointer: string
  code: string
  detail: string
}

/** What the server refuses with: `status` and the members of its problem document. */
export class Refusal {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors: readonly FieldError[]

  constructor(status: number, code: string, detail: string, errors: readonly FieldError[] = [], members: object = {}) {
    this.status = status
    this.code = code
    this.detail = detail
    this.errors = errors
    Object.assign(this, members)
  }
}

/** Answer requests by `METHOD /path`; what is not written down fails the test. Returns what was asked. */
export function serve(answers: Record<string, Answer>): Asked[] {
  const all: Asked[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    const text = await request.text()
    const { pathname: path, searchParams: query } = new URL(request.url)
    const asked = {
      method: request.method,
      path,
      query,
      headers: request.headers,
      body: text ? JSON.parse(text) : null,
    }
    all.push(asked)
    const key = `${asked.method} ${path}`
    if (!(key in answers)) throw new Error(`Nobody answers ${key}`)
    const written = answers[key]
    const answer: unknown = typeof written === 'function' ? await written(asked) : written
    if (answer instanceof Refusal) {
      return Response.json({ type: 'about:blank', title: 'Refused', ...answer }, { status: answer.status })
    }
    return answer === null ? new Response(null, { status: 204 }) : Response.json(answer)
  })
  return all
}

afterEach(() => {
  vi.unstubAllGlobals()
})

interface PageOptions {
  path?: string
  at?: InitialEntry
}

export function renderPage(page: ReactNode, { path = '*', at = '/' }: PageOptions = {}) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const router = createMemoryRouter(
    [
      { path, element: page },
      { path: '*', element: <p>Elsewhere</p> },
    ],
    { initialEntries: [at] },
  )
  render(
    <Provider store={store}>
      <QueryClientProvider client={queryClient}>
        <Toaster>
          <RouterProvider router={router} />
        </Toaster>
      </QueryClientProvider>
    </Provider>,
  )
  return { router, queryClient }
}

/** Take back what was done last, as soon as its notice can be pressed: it is there a moment before that. */
export function pressUndo(): Promise<void> {
  return waitFor(() => userEvent.click(screen.getByRole('button', { name: 'Undo' })))
}
