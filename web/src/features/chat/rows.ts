/** The rows of a transcript: the messages of the shown branch, then what is being said. */

import type { Saying } from '../../outbox/sayings'
import { isUnfinished } from '../../realtime/conversations'
import { childrenByParent, type SessionState } from '../../realtime/reducer'
import type { Chat } from '../../realtime/store'
import { windowOf } from '../../realtime/window'
import type { Message } from '../../shared/api/wire'

export interface MessageRow {
  kind: 'message'
  id: string
  message: Message
  /** The messages that could stand here, oldest first, this one among them. */
  siblings: readonly string[]
  /** The place of the message in its branch, from 1; null while that is not known. */
  position: number | null
  at: Date
}

export interface SayingRow {
  kind: 'saying'
  id: string
  saying: Saying
  at: Date
}

export type Row = MessageRow | SayingRow

/** A part of a transcript: its rows and where in the branch they stand. */
export interface Transcript {
  rows: readonly Row[]
  /** The row above the first, when one is loaded: it tells whether a day begins with the first. */
  above: Row | null
  /** How many messages the branch has; null while that is not known. */
  total: number | null
  /** Messages stand above the first row. */
  older: boolean
  /** Messages stand below the last row. */
  newer: boolean
  /** What the reader said last and has no row of its own yet, in sight or not. */
  said: string | null
}

/** What there is of a chat before the server has told of it: what is being said in it. */
export function transcriptBefore(sessionId: string, outbox: readonly Saying[]): Transcript {
  const rows = sayingRows(outbox, sessionId, new Set())
  return { rows, above: null, total: null, older: false, newer: false, said: rows.at(-1)?.id ?? null }
}

export function transcriptOf(chat: Chat, outbox: readonly Saying[]): Transcript {
  const { state, leaf, bottom } = chat
  const { ids, first, total, older, newer } = windowOf(state, leaf, bottom)
  const children = childrenByParent(state)
  const loaded = ids.flatMap((id, index): Row[] => {
    const message = state.messages[id]
    if (!message) return []
    const siblings = siblingsOf(state, children.get(ids[index - 1] ?? message.parent_id) ?? [], message)
    return [rowOf(message, siblings, first === null ? null : first + index)]
  })
  const [above = null, ...below] = older && loaded.length > 1 ? loaded : [null, ...loaded]
  const rows = below.filter((row) => row !== null)
  const sayings = sayingRows(outbox, state.sessionId, new Set(ids))
  return {
    rows: newer ? rows : [...rows, ...sayings],
    above,
    total,
    older,
    newer,
    said: sayings.at(-1)?.id ?? null,
  }
}

/** What is being said in a chat and has no row yet. */
export function sayingRows(
  outbox: readonly Saying[],
  sessionId: string | null,
  shown: ReadonlySet<string>,
): SayingRow[] {
  return outbox
    .filter((saying) => saying.sessionId === sessionId && !shown.has(saying.id))
    .map((saying) => ({ kind: 'saying', id: saying.id, saying, at: new Date(saying.saidAt) }))
}

/** The reply that is written or waits on the shown branch; the first of them is the one that runs. */
export function runningReply(rows: readonly Row[]): Message | null {
  const running = rows.find((row) => row.kind === 'message' && isUnfinished(row.message))
  return running?.kind === 'message' ? running.message : null
}

const drawn = new WeakMap<Message, MessageRow>()

/** The row of a message: the same object while nothing about it changes, so that it is not drawn again. */
function rowOf(message: Message, siblings: readonly string[], position: number | null): MessageRow {
  const before = drawn.get(message)
  if (before && before.position === position && isSame(before.siblings, siblings)) return before
  const row: MessageRow = {
    kind: 'message',
    id: message.id,
    message,
    siblings,
    position,
    at: new Date(message.timestamp),
  }
  drawn.set(message, row)
  return row
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id, index) => id === other[index])
}

function siblingsOf(state: SessionState, known: readonly string[], message: Message): readonly string[] {
  const all = new Set([...(message.sibling_ids ?? []), ...known, message.id])
  // Ids are minted in the order of time, so they sort as what they name.
  return [...all]
    .filter((id) => !(id in state.deleted) && (state.messages[id]?.role ?? message.role) === message.role)
    .toSorted()
}
