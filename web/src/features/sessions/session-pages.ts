/** Lists of chats as they lie in the query cache, and how a chat that has changed is put into each of them. */

import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import { type Session, type SessionsPage, type SessionsQuery, sessionKeys } from '../../shared/api/sessions'

export type Pages = InfiniteData<SessionsPage, string | null>

/** Put `session` into every list that shows it. A list whose order or filters only the server knows keeps its places. */
export function putSession(queryClient: QueryClient, session: Session): void {
  changeLists(queryClient, (query, pages) => withSession(query, pages, session))
}

/** Take a chat out of every list. */
export function dropSession(queryClient: QueryClient, id: string): void {
  changeLists(queryClient, (_, pages) => without(pages, id))
}

/** Read the lists again in which only the server can place a chat. */
export function readAgain(queryClient: QueryClient): Promise<void> {
  const predicate = ({ queryKey }: { queryKey: readonly unknown[] }) => !tellsPlaces(queryKey[1] as SessionsQuery)
  return queryClient.invalidateQueries({ queryKey: sessionKeys.lists, predicate })
}

/** The chats of all pages. Rows move between pages while these are read, so one may come twice. */
export function sessionsOf({ pages }: Pages): Session[] {
  return [...new Map(pages.flatMap(({ sessions }) => sessions).map((session) => [session.id, session])).values()]
}

export function newestFirst(sessions: readonly Session[]): Session[] {
  return sessions.toSorted((one, other) => other.updatedAt.getTime() - one.updatedAt.getTime())
}

function changeLists(queryClient: QueryClient, change: (query: SessionsQuery, pages: Pages) => Pages): void {
  const lists = queryClient.getQueriesData<Pages>({ queryKey: sessionKeys.lists })
  for (const [key, pages] of lists) {
    if (pages) queryClient.setQueryData(key, change(key[1] as SessionsQuery, pages))
  }
}

function withSession(query: SessionsQuery, data: Pages, session: Session): Pages {
  const known = data.pages.flatMap(({ sessions }) => sessions).find(({ id }) => id === session.id)
  const newest = known && known.version > session.version ? known : session
  if (!tellsPlaces(query)) {
    return mapped(data, (sessions) => sessions.map((one) => (one.id === newest.id ? newest : one)))
  }
  const rest = without(data, newest.id)
  const [first, ...others] = rest.pages
  if (!first || !belongsTo(query, newest)) return rest
  return { ...rest, pages: [{ ...first, sessions: [newest, ...first.sessions] }, ...others] }
}

/** Whether a chat's row tells if it is in a list: it is ordered by time, and by nothing else filtered than this. */
function tellsPlaces({ archived: _, state, limit: __, ...others }: SessionsQuery): boolean {
  return Object.keys(others).length === 0 && (state === undefined || state === 'pinned')
}

function belongsTo({ archived, state }: SessionsQuery, session: Session): boolean {
  return (archived === undefined || session.archived === archived) && (state !== 'pinned' || session.pinned)
}

function without(data: Pages, id: string): Pages {
  return mapped(data, (sessions) => sessions.filter((session) => session.id !== id))
}

function mapped(data: Pages, change: (sessions: Session[]) => Session[]): Pages {
  return { ...data, pages: data.pages.map((page) => ({ ...page, sessions: change(page.sessions) })) }
}
