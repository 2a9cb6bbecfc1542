import createClient from 'openapi-fetch'
import { problemOf, unreachable } from './problem'
import { root } from './root'
import type { paths } from './schema.gen'

/** The REST API, typed from the server's own description. What is not an answer is thrown as a `Problem`. */
export const api = createClient<paths>({
  baseUrl: root.href.replace(/\/$/, ''),
  // Tells the server that a page of its own asks, not a form of somebody else's.
  headers: { 'X-Causerie': '1' },
  // Looked up at each call, so that a test can put its own in place.
  fetch: (request) => globalThis.fetch(request),
})

api.use({
  onResponse: async ({ response }) => {
    if (!response.ok) throw await problemOf(response)
  },
  onError: () => unreachable(),
})

/** The body of a successful answer. */
export async function answer<Body>(call: Promise<{ data?: Body }>): Promise<Body> {
  const { data } = await call
  return data as Body
}

/** The header that refuses a change of a row which somebody has changed since it was read. */
export function ifMatch(version: number): { 'if-match': string } {
  return { 'if-match': `"${version}"` }
}
