import { call } from './client'
import type { Page, SessionRow } from './wire'

/** A chat as the page works with it. */
export interface Session {
  id: string
  title: string
  characterId: string | null
  modelId: string | null
  totalMessages: number
  version: number
  updatedAt: Date
}

/** Turn a wire row into a chat, for lists and `session:updated` alike. */
export function normalizeSession(row: SessionRow): Session {
  return {
    id: row.id,
    title: row.title,
    characterId: row.character_id,
    modelId: row.ai_model_id,
    totalMessages: row.total_messages,
    version: row.version,
    updatedAt: new Date(row.updated_at),
  }
}

export interface SessionsPage {
  sessions: Session[]
  nextCursor: string | null
}

export async function getChatSessions(cursor: string | null, signal?: AbortSignal): Promise<SessionsPage> {
  const page = await call<Page<SessionRow>>('GET', 'sessions', { query: { cursor }, ...(signal && { signal }) })
  return { sessions: page.items.map(normalizeSession), nextCursor: page.next_cursor }
}

export function getChatSession(id: string): Promise<SessionRow> {
  return call('GET', `sessions/${id}`)
}

export type SessionPatch = Partial<Pick<SessionRow, 'title' | 'ai_model_id' | 'active_leaf_id'>>

export function updateChatSession(id: string, patch: SessionPatch): Promise<SessionRow> {
  return call('PATCH', `sessions/${id}`, { body: patch })
}

/** Move a chat to the trash. */
export function deleteChatSession(id: string): Promise<void> {
  return call('DELETE', `sessions/${id}`)
}

export function restoreChatSession(id: string): Promise<SessionRow> {
  return call('POST', `sessions/${id}/restore`)
}
