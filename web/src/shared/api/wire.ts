/** Rows as they travel, over REST and the socket alike. */

export type Role = 'user' | 'assistant'
export type MessageStatus = 'complete' | 'queued' | 'streaming' | 'stopped' | 'failed'

export interface MessageError {
  code: string
  title: string
  detail?: string | null
  retryable: boolean
}

export interface Message {
  id: string
  session_id: string
  parent_id: string | null
  role: Role
  character_id: string | null
  content: string
  status: MessageStatus
  attempt: number
  finish_reason: string | null
  provider: string | null
  model: string | null
  usage: Record<string, number> | null
  error: MessageError | null
  depth: number
  timestamp: string
  version: number
  /** The place in its branch, from 1; known where a branch was read, absent in events. */
  position?: number | null
  /** All that could stand in its place, oldest first; known where a branch was read. */
  sibling_ids?: string[] | null
}

/** A session's row; lists and `session:updated` carry the same one. */
export interface SessionRow {
  id: string
  title: string
  character_id: string | null
  ai_model_id: string | null
  world_time: string | null
  total_messages: number
  active_leaf_id: string | null
  version: number
  created_at: string
  updated_at: string
}

/** A problem document (RFC 9457), as REST answers it and `error` frames carry it. */
export interface ProblemBody {
  type: string
  title: string
  status: number
  code: string
  detail?: string | null
  request_id?: string | null
  retryable?: boolean
  errors?: { pointer: string; code: string; detail: string }[]
}

export interface Character {
  id: string
  label: string
  name: string
  avatar_image: string | null
  description: string
  personality: string
  scenario: string
  first_mes: string
  mes_example: string
  creator_notes: string
  system_prompt: string
  post_history_instructions: string
  alternate_greetings: string[]
  tags: string[]
  ai_model_id: string | null
  archived: boolean
  version: number
  created_at: string
  updated_at: string
}

export interface Model {
  id: string
  name: string
  provider: 'local' | 'openai' | 'openrouter' | 'gemini' | 'langchain'
  model: string
  base_url: string | null
  /** The last four characters of the key, if there is one. */
  api_key: string | null
  enabled: boolean
  version: number
}

export interface Page<Item> {
  items: Item[]
  next_cursor: string | null
}
