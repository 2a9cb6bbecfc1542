import { answer, api } from './client'
import type { paths } from './schema.gen'

export type SearchQuery = NonNullable<paths['/api/search']['get']['parameters']['query']>

/** Messages, chats and characters that have all the words. */
export function search(query: SearchQuery, signal: AbortSignal) {
  return answer(api.GET('/api/search', { params: { query }, signal }))
}

export type Hit = Awaited<ReturnType<typeof search>>['items'][number]
