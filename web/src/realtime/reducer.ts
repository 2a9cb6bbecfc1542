/**
 * What a client knows of one session, and how each frame from the server changes it.
 *
 * Pure: a state and a frame give the next state and what to do about it. Pieces of text may come twice, overlap, be cut
 * anywhere between code points, or be missing: what is assembled is a prefix of the stored text or the state asks to
 * join again. `causerie/client/reducer.py` is the same in Python; `vectors/reducer.json` is run by both.
 *
 * A piece of text changes `replies` alone, so whoever compares by identity redraws nothing else; appending shares the
 * text so far with the engine's own ropes and copies none of it.
 */

import type { Message, SessionRow } from '../shared/api/wire'
import { countCodePoints, indexAfter, indexBefore } from './code-points'
import type { ClientFrame, FrameOf, LivePlace, LiveReply, ServerFrame } from './protocol'
import { sha256 } from './sha256'

export interface Reply {
  readonly attempt: number
  readonly text: string
  /** Code points in `text`. */
  readonly length: number
  /** Ended: nothing extends the text of this attempt any more. */
  readonly closed: boolean
}

export interface SessionState {
  readonly sessionId: string
  readonly epoch: string | null
  /** The newest event that is applied; null while the session is not joined. */
  readonly seq: number | null
  /** A join was asked for because something is missing, and is not answered yet. */
  readonly joining: boolean
  readonly session: SessionRow | null
  readonly messages: Readonly<Record<string, Message>>
  /** What stands above each deleted message: what hung below it hangs there now. */
  readonly deleted: Readonly<Record<string, string | null>>
  /** Replies whose text was followed; the others have the text of their row. */
  readonly replies: Readonly<Record<string, Reply>>
}

export type Effect =
  /** Send this frame. */
  | { type: 'send'; frame: ClientFrame }
  /** Read the message over REST and hand it to `merged`: its text arrived damaged. */
  | { type: 'fetch'; message_id: string }
  /** Report that two pieces, or a piece and the end, differ at `offset`: a server never does that. */
  | { type: 'diverged'; message_id: string; attempt: number; offset: number }
  /** The session is in the trash: nothing more comes. */
  | { type: 'left' }
  /** The server closes the connection by plan: connect again after so many seconds. */
  | { type: 'reconnect'; after: number }

export type Step = readonly [SessionState, readonly Effect[]]

export function initialState(sessionId: string): SessionState {
  return {
    sessionId,
    epoch: null,
    seq: null,
    joining: false,
    session: null,
    messages: {},
    deleted: {},
    replies: {},
  }
}

export function reduce(state: SessionState, frame: ServerFrame): Step {
  if (frame.type === 'pong') return compared(state, frame)
  if (frame.type === 'bye') return [state, [{ type: 'reconnect', after: frame.retry_after }]]
  if (!('session_id' in frame) || frame.session_id !== state.sessionId) return [state, []]
  if (frame.type === 'session:joined') return joined(state, frame)
  if (state.seq === null) return [state, []]
  if (frame.type === 'session:deleted') return [initialState(state.sessionId), [{ type: 'left' }]]
  if (frame.type === 'chat:stream:token') return extended(state, { ...frame, text: frame.token })
  if (frame.type === 'ack' || !('seq' in frame) || typeof frame.seq !== 'number') return [state, []]
  if (frame.seq <= state.seq) return [state, []]
  if (frame.seq > state.seq + 1) return joinedAgain(state)
  return applied({ ...state, seq: frame.seq }, frame)
}

/** The frame that brings exactly what this state is missing. */
export function joinFrame(state: SessionState): ClientFrame {
  if (state.seq === null || state.epoch === null) return { type: 'session:join', session_id: state.sessionId }
  const live = Object.entries(state.replies)
    .filter(([, reply]) => !reply.closed)
    .map(([message_id, reply]) => ({ message_id, attempt: reply.attempt, offset: reply.length }))
  return { type: 'session:join', session_id: state.sessionId, epoch: state.epoch, after: state.seq, live }
}

/** Take in rows that were read over REST, a page of a branch in its order; none undoes what frames have brought. */
export function merged(state: SessionState, rows: readonly Message[]): SessionState {
  const news = rows.filter((row) => !isOlder(row, state.messages[row.id]) && !(row.id in state.deleted))
  const next = news.reduce(put, state)
  return { ...next, deleted: bridged(next.deleted, next.messages, rows) }
}

/** The text of a message as far as it is known. */
export function textOf(state: SessionState, messageId: string): string {
  return state.replies[messageId]?.text ?? state.messages[messageId]?.content ?? ''
}

/** Whether a reply has ended; what else was said is final from the beginning. */
export function isFinal(row: Message): boolean {
  return row.status !== 'queued' && row.status !== 'streaming'
}

/** The ids below each parent (null: those that begin the session), oldest first, without what was deleted. */
export function childrenByParent(state: SessionState): Map<string | null, string[]> {
  const children = new Map<string | null, string[]>()
  for (const message of Object.values(state.messages).toSorted(byTime)) {
    const parent = standingParent(state, message)
    children.set(parent, [...(children.get(parent) ?? []), message.id])
  }
  return children
}

/** The ids from the oldest known ancestor of `leafId` down to it. */
export function branch(state: SessionState, leafId: string): string[] {
  const path: string[] = []
  let message = state.messages[leafId]
  while (message) {
    path.unshift(message.id)
    const parent = standingParent(state, message)
    message = parent === null ? undefined : state.messages[parent]
  }
  return path
}

function joined(state: SessionState, frame: FrameOf<'session:joined'>): Step {
  const known = frame.epoch === state.epoch ? state : initialState(state.sessionId)
  if (!frame.messages && (known.seq === null || frame.seq > known.seq)) return joinedAgain({ ...known, joining: false })
  const read = frame.messages ? paged(known, frame, frame.messages) : known
  let next: SessionState = { ...read, session: frame.session, joining: false }
  const effects: Effect[] = []
  for (const entry of frame.live) {
    const [later, more] = caughtUp(next, entry)
    next = later
    effects.push(...more)
  }
  return [next, effects]
}

function paged(state: SessionState, frame: FrameOf<'session:joined'>, rows: readonly Message[]): SessionState {
  const messages = Object.fromEntries(rows.map((row) => [row.id, row]))
  const live = new Set(frame.live.map((entry) => entry.message_id))
  const unfinished = ([id, reply]: [string, Reply]) => {
    const row = messages[id]
    return !reply.closed && (row ? !isFinal(row) : live.has(id))
  }
  const replies = Object.fromEntries(Object.entries(state.replies).filter(unfinished))
  return { ...state, epoch: frame.epoch, seq: frame.seq, messages, deleted: bridged({}, messages, rows), replies }
}

/** Add to `deleted` what a page does not show: an unknown parent was deleted, and the row above stands there. */
function bridged(
  deleted: SessionState['deleted'],
  messages: SessionState['messages'],
  page: readonly Message[],
): SessionState['deleted'] {
  const bridges: Record<string, string | null> = { ...deleted }
  for (const [place, { parent_id }] of page.entries()) {
    const above = page[place - 1]
    if (above && parent_id !== null && !(parent_id in messages || parent_id in bridges)) bridges[parent_id] = above.id
  }
  return bridges
}

function caughtUp(state: SessionState, entry: LiveReply): Step {
  if (entry.attempt <= known(state, entry.message_id).attempt || entry.offset > 0) return extended(state, entry)
  return [begun(state, entry, entry.text), []]
}

function extended(state: SessionState, piece: LiveReply): Step {
  const reply = known(state, piece.message_id)
  if (piece.attempt < reply.attempt || (piece.attempt === reply.attempt && reply.closed)) return [state, []]
  if (piece.attempt > reply.attempt || piece.offset > reply.length) return joinedAgain(state)
  const overlap = reply.length - piece.offset
  const fresh = indexAfter(piece.text, overlap)
  const repeated = piece.text.slice(0, fresh)
  const text = piece.text.slice(fresh)
  const longer = { ...reply, text: reply.text + text, length: reply.length + countCodePoints(text) }
  const next = { ...state, replies: { ...state.replies, [piece.message_id]: longer } }
  const differs = overlap > 0 && !reply.text.startsWith(repeated, indexBefore(reply.text, overlap))
  return [next, differs ? [diverged(piece, piece.offset)] : []]
}

function applied(state: SessionState, frame: ServerFrame): Step {
  switch (frame.type) {
    case 'message:created':
    case 'message:updated':
      return [put(state, frame.message), []]
    case 'message:deleted':
      return [taken(state, frame.message), []]
    case 'chat:stream:start':
      return [resumed(state, frame, 0), []]
    case 'chat:stream:reset':
      return [resumed(state, frame, frame.keep), []]
    case 'chat:stream:end':
      return ended(state, frame)
    case 'session:updated':
      return [{ ...state, session: frame.session }, []]
    default:
      return [state, []]
  }
}

function resumed(state: SessionState, frame: { message_id: string; attempt: number }, keep: number): SessionState {
  const reply = known(state, frame.message_id)
  if (frame.attempt <= reply.attempt) return state
  return begun(state, frame, reply.text.slice(0, indexAfter(reply.text, keep)))
}

function begun(state: SessionState, at: { message_id: string; attempt: number }, text: string): SessionState {
  const reply: Reply = { attempt: at.attempt, text, length: countCodePoints(text), closed: false }
  const replies = { ...state.replies, [at.message_id]: reply }
  const row = state.messages[at.message_id]
  if (!row) return { ...state, replies }
  const streaming: Message = { ...row, status: 'streaming', attempt: at.attempt, finish_reason: null, error: null }
  return { ...state, replies, messages: { ...state.messages, [row.id]: streaming } }
}

function ended(state: SessionState, frame: FrameOf<'chat:stream:end'>): Step {
  const { message_id, attempt, content, status, finish_reason, usage, error } = frame
  const before = known(state, message_id)
  if (attempt < before.attempt) return [state, []]
  const length = countCodePoints(content)
  const effects: Effect[] = []
  if (attempt === before.attempt && !before.closed && !content.startsWith(before.text)) {
    effects.push(diverged(frame, differenceOf(content, before.text)))
  }
  if (length !== frame.length || sha256(content) !== frame.sha256) effects.push({ type: 'fetch', message_id })
  const replies = { ...state.replies, [message_id]: { attempt, text: content, length, closed: true } }
  const row = state.messages[message_id]
  if (!row) return [{ ...state, replies }, effects]
  const final: Message = { ...row, attempt, content, status, finish_reason, usage, error: error ?? null }
  return [{ ...state, replies, messages: { ...state.messages, [message_id]: final } }, effects]
}

function put(state: SessionState, read: Message): SessionState {
  const before = state.messages[read.id]
  const reply = state.replies[read.id]
  const replies = { ...state.replies }
  // A page tells more of a row (its position) than an event does.
  let row = { ...before, ...read }
  if (reply && !reply.closed && reply.attempt > row.attempt) {
    // A missed event that is told after the join showed what came of it.
    row = { ...row, status: 'streaming', attempt: reply.attempt }
  } else if (reply && isFinal(row)) {
    replies[row.id] = { attempt: row.attempt, text: row.content, length: countCodePoints(row.content), closed: true }
  } else if (before && isFinal(before) && !isFinal(row)) {
    // A later attempt keeps the first code points of the text that the new row no longer has.
    replies[row.id] = known(state, row.id)
  }
  const { [row.id]: above, ...rest } = state.deleted
  const deleted: Record<string, string | null> = rest
  const parent = row.parent_id
  if (above !== undefined && parent !== null && !(parent in state.messages || parent in rest)) deleted[parent] = above
  return { ...state, replies, deleted, messages: { ...state.messages, [row.id]: row } }
}

function taken(state: SessionState, { id, parent_id }: Message): SessionState {
  const { [id]: _row, ...messages } = state.messages
  const { [id]: _reply, ...replies } = state.replies
  return { ...state, messages, replies, deleted: { ...state.deleted, [id]: parent_id } }
}

function compared(state: SessionState, frame: FrameOf<'pong'>): Step {
  const head = frame.heads.find((candidate) => candidate.session_id === state.sessionId)
  if (!head || state.seq === null) return [state, []]
  const missed = head.seq > state.seq || head.live.some((place) => isAhead(place, known(state, place.message_id)))
  return missed ? joinedAgain({ ...state, joining: false }) : [state, []]
}

function joinedAgain(state: SessionState): Step {
  if (state.joining) return [state, []]
  return [{ ...state, joining: true }, [{ type: 'send', frame: joinFrame(state) }]]
}

function known(state: SessionState, messageId: string): Reply {
  const row = state.messages[messageId]
  const followed = state.replies[messageId]
  if (followed) return followed
  if (!row) return { attempt: 0, text: '', length: 0, closed: false }
  if (!isFinal(row)) return { attempt: row.attempt, text: '', length: 0, closed: false }
  return { attempt: row.attempt, text: row.content, length: countCodePoints(row.content), closed: true }
}

function standingParent(state: SessionState, message: Message): string | null {
  let parent = message.parent_id
  while (parent !== null && parent in state.deleted) parent = state.deleted[parent] ?? null
  return parent
}

function isOlder(row: Message, present: Message | undefined): boolean {
  if (!present) return false
  if (row.version !== present.version) return row.version < present.version
  return row.attempt < present.attempt || (isFinal(present) && !isFinal(row))
}

function isAhead(place: LivePlace, reply: Reply): boolean {
  if (place.attempt !== reply.attempt) return place.attempt > reply.attempt
  return !reply.closed && place.offset > reply.length
}

function diverged(at: { message_id: string; attempt: number }, offset: number): Effect {
  return { type: 'diverged', message_id: at.message_id, attempt: at.attempt, offset }
}

/** The first position, in code points, at which two texts differ. */
function differenceOf(one: string, other: string): number {
  const [left, right] = [Array.from(one), Array.from(other)]
  const index = left.findIndex((point, i) => point !== right[i])
  return index < 0 ? left.length : index
}

function byTime(one: Message, other: Message): number {
  return Date.parse(one.timestamp) - Date.parse(other.timestamp) || (one.id < other.id ? -1 : 1)
}
