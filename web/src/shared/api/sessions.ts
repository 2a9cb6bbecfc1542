import { infiniteQueryOptions } from '@tanstack/react-query'
import { answer, api } from './client'
import type { components, paths } from './schema.gen'
import type { SessionRow } from './wire'

/** A chat as the page works with it. */
export interface Session {
  id: string
  title: string
  characterId: string | null
  modelId: string | null
  totalMessages: number
  /** The first words of the newest text of its branch. */
  lastLine: string
  answering: boolean
  /** A reply ended since the chat was read. */
  unread: boolean
  pinned: boolean
  archived: boolean
  version: number
  updatedAt: Date
}

/** Which chats, in which order. */
export type SessionsQuery = Omit<NonNullable<paths['/api/sessions']['get']['parameters']['query']>, 'cursor'>

/** Turn a wire row into a chat, for lists and `session:updated` alike. */
export function normalizeSession(row: SessionRow): Session {
  return {
    id: row.id,
    title: row.title,
    characterId: row.character_id,
    modelId: row.ai_model_id,
    totalMessages: row.total_messages,
    lastLine: row.last_line,
    answering: row.answering,
    unread: row.unread,
    pinned: row.pinned,
    archived: row.archived,
    version: row.version,
    updatedAt: new Date(row.updated_at),
  }
}

/** Every list of chats lies in the query cache below `lists`, by what it asks for. */
export const sessionKeys = {
  lists: ['sessions'] as const,
  list: (query: SessionsQuery) => ['sessions', query] as const,
}

export interface SessionsPage {
  sessions: Session[]
  nextCursor: string | null
}

export async function getChatSessions(
  query: SessionsQuery,
  cursor: string | null,
  signal: AbortSignal,
): Promise<SessionsPage> {
  const page = await answer(api.GET('/api/sessions', { params: { query: { ...query, cursor } }, signal }))
  return { sessions: page.items.map(normalizeSession), nextCursor: page.next_cursor }
}

/** A list of chats as the query cache reads it, a page at a time. */
export function sessionsQuery(query: SessionsQuery) {
  return infiniteQueryOptions({
    queryKey: sessionKeys.list(query),
    queryFn: ({ pageParam, signal }) => getChatSessions(query, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
}

export function getChatSession(id: string) {
  return answer(api.GET('/api/sessions/{session_id}', inPath(id)))
}

export function updateChatSession(id: string, change: components['schemas']['SessionChange']) {
  return answer(api.PATCH('/api/sessions/{session_id}', { ...inPath(id), body: change }))
}

/** Move a chat to the trash. */
export function deleteChatSession(id: string) {
  return answer(api.DELETE('/api/sessions/{session_id}', inPath(id)))
}

export function restoreChatSession(id: string) {
  return answer(api.POST('/api/sessions/{session_id}/restore', inPath(id)))
}

function inPath(id: string) {
  return { params: { path: { session_id: id } } }
}
