import { answer, api } from './client'
import type { components } from './schema.gen'
import type { SessionRow } from './wire'

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

export async function getChatSessions(cursor: string | null, signal: AbortSignal): Promise<SessionsPage> {
  const page = await answer(api.GET('/api/sessions', { params: { query: { cursor } }, signal }))
  return { sessions: page.items.map(normalizeSession), nextCursor: page.next_cursor }
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
