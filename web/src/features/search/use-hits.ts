import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { answer, api } from '../../shared/api/client'
import { type SearchQuery, search } from '../../shared/api/search'
import { useSettled } from '../../shared/lib/use-settled'

/** So long a question has to stand before it is asked. */
const DEBOUNCE_MS = 120

/**
 * What `query` finds; nothing while it has no words. An answer belongs to its own question: one that comes late is
 * never shown for a newer one. Until there is an answer, what was found before stays.
 */
export function useHits(query: SearchQuery) {
  const settled = useSettled(query.q.trim(), DEBOUNCE_MS)
  const asked = { ...query, q: settled }
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['search', asked],
    queryFn: ({ signal }) => search(asked, signal),
    enabled: settled !== '',
    placeholderData: keepPreviousData,
  })
  const idle = query.q.trim() === ''
  const waiting = !idle && (isFetching || settled !== query.q.trim())
  return {
    hits: idle ? [] : (data?.items ?? []),
    more: !idle && data?.next_cursor != null,
    error: idle ? null : error,
    waiting,
    retry: () => void refetch(),
  }
}

/** The chats that were talked in last. */
export function useRecent(limit: number) {
  return useQuery({
    queryKey: ['recent chats', limit],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/sessions', { params: { query: { limit, archived: false } }, signal })),
  })
}
