import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import {
  deleteChatSession,
  normalizeSession,
  restoreChatSession,
  type SessionsQuery,
  sessionsQuery,
  updateChatSession,
} from '../../shared/api/sessions'
import { dropSession, newestFirst, type Pages, putSession, readAgain, sessionsOf } from './session-pages'

/** What the sidebar shows, the pinned ones apart: they stand above the others however old they are. */
const IN_SIDEBAR: SessionsQuery = { archived: false, limit: 100 }
const PINNED: SessionsQuery = { archived: false, state: 'pinned', limit: 200 }

type SessionChange = Parameters<typeof updateChatSession>[1]

/** The chats that `query` asks for, a page at a time; until they are here, those of the last one. */
export function useSessions(query: SessionsQuery) {
  return useInfiniteQuery({ ...sessionsQuery(query), select: sessionsOf, placeholderData: keepPreviousData })
}

/** The reader's chats, newest first, a page at a time. What the socket tells keeps them true, so they are read once. */
export function useSidebarSessions() {
  return useInfiniteQuery({ ...sessionsQuery(IN_SIDEBAR), select: latest, staleTime: Number.POSITIVE_INFINITY })
}

export function usePinnedSessions() {
  return useInfiniteQuery({ ...sessionsQuery(PINNED), select: latest, staleTime: Number.POSITIVE_INFINITY })
}

export function useChangeSession() {
  const queryClient = useQueryClient()
  return useMutation<unknown, Error, { id: string; change: SessionChange }>({
    mutationFn: async ({ id, change }) =>
      putSession(queryClient, normalizeSession(await updateChatSession(id, change))),
  })
}

export function useDeleteSession() {
  const queryClient = useQueryClient()
  return useMutation<void, Error, string>({
    mutationFn: deleteChatSession,
    onSuccess: (_, id) => dropSession(queryClient, id),
  })
}

export function useRestoreSession() {
  const queryClient = useQueryClient()
  return useMutation<unknown, Error, string>({
    mutationFn: async (id) => {
      putSession(queryClient, normalizeSession(await restoreChatSession(id)))
      await readAgain(queryClient)
    },
  })
}

function latest(pages: Pages) {
  return newestFirst(sessionsOf(pages))
}
