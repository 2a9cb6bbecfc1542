import createClient from 'openapi-fetch'
import { problemOf, unreachable } from './problem'
import { root } from './root'
import type { paths } from './schema.gen'

/** The most that one page of a list may hold. */
export const LONGEST_PAGE = 200

/** The REST API, typed from the server's own description. What is not an answer is thrown as a `Problem`. */
export const api = createClient<paths>({
  baseUrl: root.href.replace(/\/$/, ''),
  // Tells the server that a page of its own asks, not a form of somebody else's.
  headers: { 'X-Causerie': '1' },
  // Looked up at each call, so that a test can put its own in place.
  fetch: (request) => globalThis.fetch(request),
})

/** One request, by its path in the description; without an answer its status is 0. */
export interface Exchange {
  method: string
  path: string
  status: number
  milliseconds: number
}

const listeners = new Set<(exchange: Exchange) => void>()
const begun = new Map<string, number>()

/** Call `listener` after each request that nobody called off. */
export function onExchange(listener: (exchange: Exchange) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

api.use({
  onRequest: ({ id }) => {
    begun.set(id, performance.now())
  },
  onResponse: async ({ id, request, response, schemaPath }) => {
    ended(id, request, schemaPath, response.status)
    if (!response.ok) throw await problemOf(response)
  },
  onError: ({ id, request, schemaPath }) => {
    ended(id, request, schemaPath, 0)
    return unreachable()
  },
})

function ended(id: string, { method, signal }: Request, path: string, status: number): void {
  const milliseconds = performance.now() - (begun.get(id) ?? Number.NaN)
  begun.delete(id)
  if (signal.aborted) return
  for (const listener of listeners) listener({ method, path, status, milliseconds })
}

/** The body of a successful answer. */
export async function answer<Body>(call: Promise<{ data?: Body }>): Promise<Body> {
  const { data } = await call
  return data as Body
}

/** The header that refuses a change of a row which somebody has changed since it was read. */
export function ifMatch(version: number): { 'if-match': string } {
  return { 'if-match': `"${version}"` }
}
