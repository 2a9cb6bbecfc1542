/**
 * Which rows of a chat are loaded. Shown is one unbroken run of a branch, down to its end or, after a jump, to a row
 * above it. The newest page of the branch is always loaded too, so that the end is at hand and is followed meanwhile.
 */

import type { Message } from '../shared/api/wire'
import { branch, isFinal, type SessionState } from './reducer'

/** Messages that the server reads at once. */
export const PAGE = 50
/** At most so many rows of a chat are loaded, all in all. */
export const LOADED_ROWS = 400
/** So many of them are kept of a chat that no page shows. */
export const LEFT_ROWS = 2 * PAGE

export interface Window {
  /** The loaded rows from top to bottom; each stands right below the one before. */
  readonly ids: readonly string[]
  /** The place in the branch of the first of them: 1 is the branch's first. Null while it is not known. */
  readonly first: number | null
  /** How many rows the branch has. */
  readonly total: number | null
  /** Rows stand above, and are not loaded. */
  readonly older: boolean
  /** Rows stand below, and are not shown. */
  readonly newer: boolean
}

/** The run of rows to show of the branch that ends in `leaf`; `bottom` is its last row, null stands for the leaf. */
export function windowOf(state: SessionState, leaf: string | null, bottom: string | null): Window {
  const end = leaf === null ? [] : branch(state, leaf)
  const ids = bottom === null ? end : branch(state, bottom)
  const first = placeOfFirst(state, ids)
  const endFirst = placeOfFirst(state, end)
  return {
    ids,
    first,
    total: endFirst === null ? null : endFirst + end.length - 1,
    older: first === null ? ids.length > 0 : first > 1,
    newer: bottom !== null,
  }
}

/**
 * The bottom of the window after the state has changed: null as soon as the rows down to the leaf are loaded; the row
 * above when the bottom itself was deleted; `chosen` when another branch is shown now, which holds that row.
 */
export function bottomAfter(
  state: SessionState,
  leaf: string | null,
  before: { leaf: string | null; bottom: string | null },
  chosen: string | null = null,
): string | null {
  if (leaf === null) return null
  const end = branch(state, leaf)
  const goesOn = before.leaf === null || before.leaf in state.deleted || end.includes(before.leaf)
  let bottom = goesOn ? before.bottom : chosen
  while (bottom !== null && bottom in state.deleted) bottom = state.deleted[bottom] ?? null
  return bottom === null || !(bottom in state.messages) || end.includes(bottom) ? null : bottom
}

/**
 * Let go of what is farthest from the reader: `rows` remain around the row `reading` (null: around the end), besides the
 * newest page and every reply that is not finished. Returns the state and the bottom of what is left of the window.
 */
export function trimmed(
  state: SessionState,
  leaf: string | null,
  bottom: string | null,
  reading: string | null,
  rows: number,
): { state: SessionState; bottom: string | null } {
  if (leaf === null) return { state, bottom }
  const end = branch(state, leaf)
  const tail = end.slice(-PAGE)
  const run = bottom === null ? end : branch(state, bottom)
  const kept = around(run, reading, rows)
  const last = kept.at(-1)
  const reachesTail = bottom === null && last !== undefined && run.indexOf(last) >= run.length - tail.length - 1
  const keep = new Set([...kept, ...tail])
  const placed = { ...placeOf(state, run, kept[0]), ...placeOf(state, end, tail[0]) }
  const messages = Object.fromEntries(
    Object.entries(state.messages).filter(([id, message]) => keep.has(id) || !isFinal(message)),
  )
  // The text of an ended reply is in its row, or is read with it.
  const replies = Object.fromEntries(Object.entries(state.replies).filter(([, reply]) => !reply.closed))
  return {
    state: { ...state, messages: { ...messages, ...placed }, replies },
    bottom: reachesTail ? null : (last ?? null),
  }
}

/** A row with its place in the branch written into it: those that told the place of the others may be let go. */
function placeOf(state: SessionState, run: readonly string[], id: string | undefined): Record<string, Message> {
  const row = id === undefined ? undefined : state.messages[id]
  const first = placeOfFirst(state, run)
  if (!row || first === null || row.position != null) return {}
  return { [row.id]: { ...row, position: first + run.indexOf(row.id) } }
}

/** A slice of at most `length` of these with `wanted` as near to its middle as possible; null stands for the last. */
function around(ids: readonly string[], wanted: string | null, length: number): readonly string[] {
  const found = wanted === null ? -1 : ids.indexOf(wanted)
  const middle = found < 0 ? ids.length : found
  const begin = Math.max(0, Math.min(middle - Math.floor(length / 2), ids.length - length))
  return ids.slice(begin, begin + length)
}

/** Events tell a row without its place, so the nearest row whose place was read counts. */
function placeOfFirst(state: SessionState, ids: readonly string[]): number | null {
  for (const [index, id] of ids.entries()) {
    const row = state.messages[id]
    if (row?.position != null) return row.position - index
    if (index === 0 && row?.parent_id === null) return 1
  }
  return null
}
