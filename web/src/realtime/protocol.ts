/** The frames of `/ws`, as they travel. Text positions count code points, never UTF-16 units. */

import type { Message, MessageError, MessageStatus, ProblemBody, SessionRow } from '../shared/api/wire'

export interface LiveReply {
  message_id: string
  attempt: number
  offset: number
  text: string
}

export type LivePlace = Omit<LiveReply, 'text'>

interface Numbered {
  seq: number
  session_id: string
}

export type ServerFrame =
  | { type: 'welcome'; connection_id: string; heartbeat: number; epoch: string; protocol: number; features: string[] }
  | {
      type: 'session:joined'
      session_id: string
      epoch: string
      seq: number
      session: SessionRow
      messages?: Message[] | null
      live: LiveReply[]
    }
  | {
      type: 'ack'
      ref: string | null
      session_id: string
      message_id: string
      seq?: number | null
      message?: Message | null
      reply?: { id: string } | null
      duplicate: boolean
    }
  | ({ type: 'error'; ref?: string | null; retry_after?: number | null } & ProblemBody)
  | ({ type: 'message:created' | 'message:updated' | 'message:deleted'; message: Message } & Numbered)
  | ({ type: 'chat:stream:start'; message_id: string; attempt: number; intent: string | null } & Numbered)
  | {
      type: 'chat:stream:token'
      session_id: string
      message_id: string
      attempt: number
      offset: number
      token: string
    }
  | ({ type: 'chat:stream:reset'; message_id: string; attempt: number; keep: number } & Numbered)
  | ({
      type: 'chat:stream:end'
      message_id: string
      attempt: number
      status: MessageStatus
      content: string
      length: number
      sha256: string
      finish_reason: string | null
      usage: Record<string, number> | null
      error?: MessageError | null
    } & Numbered)
  | { type: 'session:created' | 'session:deleted'; session_id: string; session: SessionRow; seq?: number | null }
  | { type: 'session:updated'; session_id: string; session: SessionRow; seq?: number | null }
  | { type: 'typing'; session_id: string; who: string; active: boolean }
  | {
      type: 'pong'
      n: number
      heads: { session_id: string; seq: number; live: LivePlace[] }[]
      /** Live text comes about once a second now, instead of at once. */
      delayed?: true | null
    }
  | { type: 'bye'; code: string; retry_after: number }

/** `ref` comes back in the frame's `ack` or `error`. */
export type ClientFrame = { ref?: string } & (
  | { type: 'session:join'; session_id: string; epoch?: string; after?: number; live?: LivePlace[] }
  | { type: 'session:leave'; session_id: string }
  | {
      type: 'chat:message'
      id: string
      session_id: string | null
      content: string
      parent_id?: string | null
      character_id?: string
      ai_model_id?: string
    }
  | { type: 'chat:stop'; message_id: string }
  | { type: 'chat:retry' | 'chat:continue'; message_id: string; attempt: number }
  | { type: 'chat:swipe'; message_id: string; id: string; instruction?: string }
  | { type: 'ping'; n: number }
)

export type FrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>

/** Read one text frame; what is no JSON object with a `type` is null. Unknown types pass: new ones are no error. */
export function parseFrame(data: string): ServerFrame | null {
  try {
    const frame: unknown = JSON.parse(data)
    return isFrame(frame) ? frame : null
  } catch {
    return null
  }
}

function isFrame(value: unknown): value is ServerFrame {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
