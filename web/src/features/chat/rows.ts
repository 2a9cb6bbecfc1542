/** The rows of a transcript: the messages of the shown branch, then what is being said. */

import { isUnfinished } from '../../realtime/conversations'
import { branch, childrenByParent, type SessionState } from '../../realtime/reducer'
import type { Chat, Saying } from '../../realtime/store'
import type { Message } from '../../shared/api/wire'

export interface MessageRow {
  kind: 'message'
  id: string
  message: Message
  /** The messages that could stand here, oldest first, this one among them. */
  siblings: readonly string[]
  at: Date
}

export interface SayingRow {
  kind: 'saying'
  id: string
  saying: Saying
  at: Date
}

export type Row = MessageRow | SayingRow

export function rowsOf(chat: Chat, outbox: readonly Saying[]): Row[] {
  const { state, leaf } = chat
  const children = childrenByParent(state)
  const shown = leaf === null ? [] : branch(state, leaf)
  const rows = shown.flatMap((id): Row[] => {
    const message = state.messages[id]
    if (!message) return []
    return [
      { kind: 'message', id, message, siblings: siblingsOf(state, children, message), at: new Date(message.timestamp) },
    ]
  })
  return [...rows, ...sayingRows(outbox, state.sessionId, new Set(shown))]
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

function siblingsOf(state: SessionState, children: Map<string | null, string[]>, message: Message): readonly string[] {
  const known = [...children.values()].find((ids) => ids.includes(message.id)) ?? []
  const all = new Set([...(message.sibling_ids ?? []), ...known, message.id])
  // Ids are minted in the order of time, so they sort as what they name.
  return [...all]
    .filter((id) => !(id in state.deleted) && (state.messages[id]?.role ?? message.role) === message.role)
    .toSorted()
}
