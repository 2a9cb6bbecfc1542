/** Rows as the server sends them, with only what a test cares about spelled out. */

import type { Saying } from '../../src/outbox/sayings'
import type { Character, Message, Model, SessionRow } from '../../src/shared/api/wire'

const WHEN = '2026-11-21T10:41:00Z'

export function aMessage(fields: Partial<Message> = {}): Message {
  const id = fields.id ?? 'm'
  return {
    id,
    message_id: id,
    session_id: 's1',
    user_id: 'u',
    parent_id: null,
    role: 'user',
    character_id: null,
    content: '',
    status: 'complete',
    attempt: 0,
    intent: null,
    finish_reason: null,
    provider: null,
    model: null,
    usage: null,
    error: null,
    depth: 0,
    hidden: false,
    pinned: false,
    timestamp: WHEN,
    version: 1,
    ...fields,
  }
}

export function aSession(fields: Partial<SessionRow> = {}): SessionRow {
  const id = fields.id ?? 's1'
  return {
    id,
    session_id: id,
    chat_session_id: id,
    user_id: 'u',
    title: 'Tea',
    category: '',
    character_id: null,
    user_profile_id: null,
    ai_model_id: null,
    system_prompt_id: null,
    post_id: null,
    user_persona: '',
    world_time: '',
    summary: '',
    last_summary_at: null,
    total_messages: 1,
    active_leaf_id: null,
    last_line: '',
    answering: false,
    unread: false,
    last_read_seq: 0,
    is_active: true,
    pinned: false,
    archived: false,
    document_ids: [],
    version: 1,
    created_at: WHEN,
    updated_at: WHEN,
    ...fields,
  }
}

export function aCharacter(fields: Partial<Character> = {}): Character {
  return {
    id: 'c1',
    user_id: 'u',
    label: 'wren',
    name: 'Wren',
    avatar_image: null,
    description: 'A kind old lighthouse keeper.',
    personality: '',
    scenario: '',
    first_mes: 'Good evening, traveller.',
    mes_example: '',
    creator_notes: '',
    system_prompt: '',
    post_history_instructions: '',
    alternate_greetings: [],
    tags: [],
    ai_model_id: null,
    archived: false,
    version: 1,
    created_at: WHEN,
    updated_at: WHEN,
    ...fields,
  }
}

export function aSaying(fields: Partial<Saying> = {}): Saying {
  return {
    id: 'x',
    sessionId: 's1',
    content: 'Good evening',
    saidAt: WHEN,
    status: 'sending',
    problem: null,
    tries: 0,
    ...fields,
  }
}

export function aModel(fields: Partial<Model> = {}): Model {
  return {
    id: 'local',
    user_id: null,
    name: 'SmolLM2',
    provider: 'local',
    model: 'smollm2-135m-instruct',
    base_url: null,
    api_key: null,
    context_window: null,
    max_output_tokens: null,
    temperature: null,
    top_p: null,
    options: {},
    paid: false,
    continue_prefix: true,
    enabled: true,
    version: 1,
    created_at: WHEN,
    updated_at: WHEN,
    ...fields,
  }
}
