import {
  type InfiniteData,
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import type { Conversations } from '../../realtime/conversations'
import {
  deleteChatSession,
  getChatSessions,
  normalizeSession,
  restoreChatSession,
  type Session,
  type SessionsPage,
  updateChatSession,
} from '../../shared/api/sessions'

const sessionsKey = ['sessions'] as const

type Pages = InfiniteData<SessionsPage, string | null>

/** The reader's chats, newest first, a page at a time. */
export function useSessions() {
  return useInfiniteQuery({
    queryKey: sessionsKey,
    queryFn: ({ pageParam, signal }) => getChatSessions(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    select: ({ pages }) => newestFirst(pages.flatMap((page) => page.sessions)),
  })
}

/** Keep the list true by what the socket tells, whether a list is shown or not. */
export function followSessionNews(conversations: Conversations, queryClient: QueryClient): () => void {
  return conversations.onNews((news) => {
    if (news.kind === 'reconnected') void queryClient.invalidateQueries({ queryKey: sessionsKey })
    else if (news.kind === 'deleted')
      queryClient.setQueryData<Pages>(sessionsKey, (pages) => without(pages, news.sessionId))
    else queryClient.setQueryData<Pages>(sessionsKey, (pages) => withSession(pages, normalizeSession(news.session)))
  })
}

export function useRenameSession() {
  const queryClient = useQueryClient()
  return useMutation<unknown, Error, { id: string; title: string }>({
    mutationFn: async ({ id, title }) => {
      const row = await updateChatSession(id, { title })
      queryClient.setQueryData<Pages>(sessionsKey, (pages) => withSession(pages, normalizeSession(row)))
    },
  })
}

export function useDeleteSession() {
  const queryClient = useQueryClient()
  return useMutation<void, Error, string>({
    mutationFn: deleteChatSession,
    onSuccess: (_, id) => queryClient.setQueryData<Pages>(sessionsKey, (pages) => without(pages, id)),
  })
}

export function useRestoreSession() {
  const queryClient = useQueryClient()
  return useMutation<unknown, Error, string>({
    mutationFn: restoreChatSession,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: sessionsKey }),
  })
}

function withSession(data: Pages | undefined, session: Session): Pages | undefined {
  const rest = without(data, session.id)
  const [first, ...pages] = rest?.pages ?? []
  if (!rest || !first) return data
  const known = data?.pages.flatMap((page) => page.sessions).find(({ id }) => id === session.id)
  const newest = known && known.version > session.version ? known : session
  return { ...rest, pages: [{ ...first, sessions: [newest, ...first.sessions] }, ...pages] }
}

function without(data: Pages | undefined, id: string): Pages | undefined {
  if (!data) return data
  const pages = data.pages.map((page) => ({ ...page, sessions: page.sessions.filter((session) => session.id !== id) }))
  return { ...data, pages }
}

/** Rows move between pages while these are read, so one may come twice. */
function newestFirst(sessions: readonly Session[]): Session[] {
  const unique = new Map(sessions.map((session) => [session.id, session]))
  return [...unique.values()].toSorted((one, other) => other.updatedAt.getTime() - one.updatedAt.getTime())
}
