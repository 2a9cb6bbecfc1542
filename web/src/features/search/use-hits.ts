import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { answer, api } from '../../shared/api/client'
import { type SearchQuery, search } from '../../shared/api/search'
import { useSettled } from '../../shared/lib/use-settled'

/** So long a question has to stand before it is asked. */
const DEBOUNCE_MS = 120
/** So many code points of a question the server takes. */
const LONGEST_QUESTION = 200

/**
 * What the beginning of `query` finds; nothing while it has no words. A space at its end says that its last word is whole. An answer belongs to its own question: one that comes late is
 * never shown for a newer one. Until there is an answer, what was found before stays.
 */
export function useHits(query: SearchQuery) {
  const present = Array.from(query.q.trimStart()).slice(0, LONGEST_QUESTION).join('')
  const settled = useSettled(present, DEBOUNCE_MS)
  const asked = { ...query, q: settled }
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['search', asked],
    queryFn: ({ signal }) => search(asked, signal),
    enabled: settled !== '',
    placeholderData: keepPreviousData,
  })
  const idle = present === ''
  const waiting = !idle && (isFetching || settled !== present)
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
