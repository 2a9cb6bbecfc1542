/**
 * The chats of this tab over its socket: joins, what is said, and every frame taken into the store.
 *
 * What was sent and not acknowledged is kept and sent again with the same id after a reconnect, in order; the server
 * answers a known id with what it already did. Pieces of text go to `buffers`, everything else to the store.
 */

import { Problem } from '../shared/api/problem'
import type { Message, SessionRow } from '../shared/api/wire'
import { uuid7 } from '../shared/lib/uuid7'
import { TextBuffers } from './buffers'
import type { ClientFrame, FrameOf, ServerFrame } from './protocol'
import {
  branch,
  childrenByParent,
  type Effect,
  initialState,
  joinFrame,
  merged,
  reduce,
  type SessionState,
  textOf,
} from './reducer'
import type { Socket, SocketStatus } from './socket'
import {
  type Chat,
  chatChanged,
  chatForgotten,
  databaseChanged,
  delayChanged,
  refused,
  type Saying,
  type Store,
  said,
  settled,
  statusChanged,
  stored,
} from './store'
import { bottomAfter } from './window'
import { type ReadPage, Windows } from './windows'

/** Without an acknowledgement for this long the connection is taken for dead. */
const ACK_LIMIT_MS = 5_000
/** What the server could not do just now may work when it is asked again after this long. */
const ASK_AGAIN_MS = 3_000
/** States of chats that no page shows, kept so that going back to one paints at once. */
const KEPT_CHATS = 8

type Command = Extract<
  ClientFrame,
  { type: 'chat:message' | 'chat:stop' | 'chat:retry' | 'chat:continue' | 'chat:swipe' }
>

interface Pending {
  frame: Command
  limit: ReturnType<typeof setTimeout> | undefined
  resolve(ack: FrameOf<'ack'>): void
  reject(problem: Problem): void
}

/** Reads over REST that a chat needs besides its frames. */
export interface Rows {
  page: ReadPage
  message(id: string): Promise<Message>
  /** Whether the server can read and store rows. */
  areThere(): Promise<boolean>
}

/** A fact about a session, joined or not: the lists that show it follow these. */
export type SessionNews =
  | { kind: 'created' | 'updated'; session: SessionRow }
  | { kind: 'deleted'; sessionId: string }
  /** News may have been missed: read the lists again. */
  | { kind: 'reconnected' }

export interface NewSaying {
  sessionId: string | null
  content: string
  parentId?: string | null
  characterId?: string
  modelId?: string
}

export class Conversations {
  readonly store: Store
  readonly buffers: TextBuffers
  /** What is loaded of each chat. */
  readonly windows: Windows
  readonly #rows: Rows
  readonly #states = new Map<string, SessionState>()
  /** How many pages show a chat. */
  readonly #open = new Map<string, number>()
  /** Left by their pages while a reply runs: left for good when it ends. */
  readonly #leaving = new Set<string>()
  /** Joined on the present connection. */
  readonly #joined = new Set<string>()
  readonly #pending = new Map<string, Pending>()
  readonly #listeners = new Set<(news: SessionNews) => void>()
  readonly #fetchedLeaf = new Map<string, string>()
  #socket: Pick<Socket, 'send' | 'reconnect'> | null = null
  #greeted = false

  constructor(store: Store, rows: Rows, buffers: TextBuffers = new TextBuffers()) {
    this.store = store
    this.#rows = rows
    this.buffers = buffers
    this.windows = new Windows(
      {
        chat: (sessionId) => this.store.getState().chats[sessionId],
        show: (sessionId, rows, bottom) => this.#take(sessionId, rows, bottom),
      },
      rows.page,
    )
  }

  /** Speak over `socket` from now on. */
  attach(socket: Pick<Socket, 'send' | 'reconnect'>): void {
    this.#socket = socket
  }

  /** Follow a chat while a page shows it; returns how to stop. */
  open(sessionId: string): () => void {
    this.#open.set(sessionId, (this.#open.get(sessionId) ?? 0) + 1)
    this.#leaving.delete(sessionId)
    if (!this.#joined.has(sessionId)) this.#join(sessionId)
    return () => this.#close(sessionId)
  }

  /** Join a chat once more that could not be shown. */
  reopen(sessionId: string): void {
    if (this.#open.has(sessionId)) this.#join(sessionId)
  }

  /**
   * Say something. It is shown at once and kept until its row has come; a refusal stays with its reason.
   *
   * Returns the session it is stored in, or null when it was refused.
   */
  say(saying: NewSaying): Promise<string | null> {
    return this.#dispatch({
      ...saying,
      id: uuid7(),
      saidAt: new Date().toISOString(),
      status: 'sending',
      problem: null,
    })
  }

  /** Say a refused saying once more, under the same id. */
  sayAgain(saying: Saying): Promise<string | null> {
    return this.#dispatch({ ...saying, status: 'sending', problem: null })
  }

  discard(saying: Saying): void {
    this.store.dispatch(settled([saying.id]))
  }

  stop(messageId: string): Promise<unknown> {
    return this.#request(uuid7(), (ref) => ({ type: 'chat:stop', message_id: messageId, ref }))
  }

  retry(message: Message): Promise<unknown> {
    return this.#request(uuid7(), (ref) => ({
      type: 'chat:retry',
      message_id: message.id,
      attempt: message.attempt,
      ref,
    }))
  }

  continue(message: Message): Promise<unknown> {
    return this.#request(uuid7(), (ref) => ({
      type: 'chat:continue',
      message_id: message.id,
      attempt: message.attempt,
      ref,
    }))
  }

  /** Ask for another answer beside this one. */
  swipe(messageId: string): Promise<unknown> {
    return this.#request(uuid7(), (ref) => ({ type: 'chat:swipe', message_id: messageId, id: ref, ref }))
  }

  /** Take in rows that were read over REST. */
  takeIn(sessionId: string, rows: readonly Message[]): void {
    this.#take(sessionId, rows)
  }

  /** Take in a session's row that a PATCH answered, before its event comes. */
  takeInSession(session: SessionRow): void {
    const state = this.#states.get(session.id)
    if (state?.session && session.version >= state.session.version) this.#become(session.id, { ...state, session })
  }

  onNews(listener: (news: SessionNews) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly onStatus = (status: SocketStatus): void => {
    this.store.dispatch(statusChanged(status))
    if (status === 'online') return
    this.#joined.clear()
    for (const pending of this.#pending.values()) clearTimeout(pending.limit)
  }

  readonly onFrame = (frame: ServerFrame): void => {
    switch (frame.type) {
      case 'welcome':
        return this.#welcomed()
      case 'ack':
        return this.#settle(frame.ref, (pending) => pending.resolve(frame))
      case 'error':
        return this.#refused(frame)
      case 'session:created':
        return this.#tell({ kind: 'created', session: frame.session })
      case 'session:deleted':
        this.#tell({ kind: 'deleted', sessionId: frame.session_id })
        break
      case 'session:updated':
        this.#tell({ kind: 'updated', session: frame.session })
        break
      case 'session:joined':
        this.#joined.add(frame.session_id)
        if (!this.#states.has(frame.session_id)) this.#states.set(frame.session_id, initialState(frame.session_id))
        break
      case 'pong':
        this.store.dispatch(delayChanged(frame.delayed === true))
        break
      default:
    }
    if (frame.type === 'pong') for (const sessionId of this.#joined) this.#apply(sessionId, frame)
    else if ('session_id' in frame) this.#apply(frame.session_id, frame)
  }

  #welcomed(): void {
    for (const sessionId of new Set([...this.#open.keys(), ...this.#leaving])) this.#join(sessionId)
    for (const pending of this.#pending.values()) this.#send(pending)
    if (this.#greeted) this.#tell({ kind: 'reconnected' })
    this.#greeted = true
  }

  #join(sessionId: string): void {
    const state = this.#states.get(sessionId) ?? initialState(sessionId)
    this.#states.set(sessionId, state)
    if (this.store.getState().chats[sessionId]?.problem) this.store.dispatch(chatForgotten(sessionId))
    this.#socket?.send({ ...joinFrame(state), ref: `join ${sessionId}` })
  }

  #close(sessionId: string): void {
    const pages = (this.#open.get(sessionId) ?? 1) - 1
    if (pages > 0) {
      this.#open.set(sessionId, pages)
      return
    }
    this.#open.delete(sessionId)
    this.#leaving.add(sessionId)
    const chat = this.store.getState().chats[sessionId]
    if (chat && !chat.problem) this.#draw({ ...chat, ...this.windows.fitted(chat, true) })
    this.#leaveIfQuiet(sessionId)
    this.#forgetOldest()
  }

  #leaveIfQuiet(sessionId: string): void {
    const state = this.#states.get(sessionId)
    if (!this.#leaving.has(sessionId) || (state && isAnswering(state))) return
    this.#leaving.delete(sessionId)
    if (this.#joined.delete(sessionId)) this.#socket?.send({ type: 'session:leave', session_id: sessionId })
  }

  #forgetOldest(): void {
    const closed = [...this.#states.keys()].filter((id) => !this.#open.has(id) && !this.#joined.has(id))
    for (const sessionId of closed.slice(0, -KEPT_CHATS)) this.#forget(sessionId)
  }

  #forget(sessionId: string): void {
    for (const messageId of Object.keys(this.#states.get(sessionId)?.replies ?? {})) this.buffers.forget(messageId)
    this.#states.delete(sessionId)
    this.windows.forget(sessionId)
    this.store.dispatch(chatForgotten(sessionId))
  }

  #apply(sessionId: string, frame: ServerFrame): void {
    const before = this.#states.get(sessionId)
    if (!before) return
    const [after, effects] = reduce(before, withPlace(before, frame))
    this.#become(sessionId, after)
    for (const effect of effects) this.#carryOut(sessionId, effect)
    this.#leaveIfQuiet(sessionId)
  }

  #take(sessionId: string, rows: readonly Message[], bottom?: string | null): void {
    const state = this.#states.get(sessionId)
    if (state) this.#become(sessionId, merged(state, rows), bottom)
  }

  /** A chat is in another state now; `bottom` tells how far down it is shown, without it as far as before. */
  #become(sessionId: string, after: SessionState, bottom?: string | null): void {
    const before = this.#states.get(sessionId)
    const chat = this.store.getState().chats[sessionId]
    if (chat && before && bottom === undefined && !isRedrawn(before, after)) {
      this.#states.set(sessionId, after)
    } else {
      const revealed = this.windows.revealed(sessionId)
      const state = revealed.length > 0 ? merged(after, revealed) : after
      const leaf = shownLeaf(state) ?? chat?.leaf ?? null
      const shown = { leaf: chat?.leaf ?? null, bottom: (bottom === undefined ? chat?.bottom : bottom) ?? null }
      const last = revealed.at(-1)?.id ?? null
      const fitted = this.windows.fitted({ state, leaf, bottom: bottomAfter(state, leaf, shown, last) })
      if (last !== null && leaf !== null && [fitted.bottom, ...branch(state, leaf)].includes(last))
        this.windows.chosen(sessionId)
      this.#draw({ ...fitted, leaf, problem: null })
      this.#completeBranch(after)
      const arrived = this.store.getState().outbox.filter(({ id }) => id in after.messages)
      if (arrived.length > 0) this.store.dispatch(settled(arrived.map(({ id }) => id)))
    }
    if (before?.replies !== after.replies) this.#show(before, after)
  }

  #draw(chat: Chat): void {
    this.#states.set(chat.state.sessionId, chat.state)
    this.store.dispatch(chatChanged(chat))
  }

  /** Bring changed texts to the page; a text that ended is in its row from then on. */
  #show(before: SessionState | undefined, after: SessionState): void {
    for (const [messageId, reply] of Object.entries(after.replies)) {
      if (reply === before?.replies[messageId]) continue
      if (reply.closed) this.buffers.forget(messageId)
      else this.buffers.push(messageId, textOf(after, messageId))
    }
    for (const messageId of Object.keys(before?.replies ?? {})) {
      if (!(messageId in after.replies)) this.buffers.forget(messageId)
    }
  }

  /** Another branch was chosen whose rows are not here: fetch its end. */
  #completeBranch(state: SessionState): void {
    const leaf = state.session?.active_leaf_id
    if (!leaf || leaf in state.messages || leaf in state.deleted) return
    if (this.#fetchedLeaf.get(state.sessionId) === leaf) return
    this.#fetchedLeaf.set(state.sessionId, leaf)
    this.#rows
      .page(state.sessionId, leaf)
      .then((rows) => this.takeIn(state.sessionId, rows))
      .finally(() => this.#fetchedLeaf.delete(state.sessionId))
      .catch((error: unknown) => console.error('The branch could not be read', leaf, error))
  }

  #carryOut(sessionId: string, effect: Effect): void {
    switch (effect.type) {
      case 'send':
        this.#socket?.send({ ...effect.frame, ref: `join ${sessionId}` })
        break
      case 'fetch':
        this.#rows
          .message(effect.message_id)
          .then((row) => this.takeIn(sessionId, [row]))
          .catch((error: unknown) => console.error('The message could not be read', effect.message_id, error))
        break
      case 'diverged':
        console.error('Two pieces of one text differ', effect)
        break
      case 'left':
        this.#joined.delete(sessionId)
        this.#fail(sessionId, inTrash)
        break
      case 'reconnect':
        // The socket itself follows `bye`.
        break
    }
  }

  #refused(frame: FrameOf<'error'>): void {
    if (frame.code === 'storage_unavailable') this.#waitForDatabase()
    if (!frame.ref?.startsWith('join ')) return this.#settle(frame.ref ?? null, (it) => it.reject(new Problem(frame)))
    const sessionId = frame.ref.slice('join '.length)
    if (frame.retryable) this.#joinLater(sessionId)
    else this.#fail(sessionId, frame)
  }

  /** What is shown of a chat stays until it can be joined again. */
  #joinLater(sessionId: string): void {
    this.#joined.delete(sessionId)
    setTimeout(() => {
      if (this.#open.has(sessionId) && !this.#joined.has(sessionId)) this.#join(sessionId)
    }, ASK_AGAIN_MS)
  }

  #waitForDatabase(): void {
    if (this.store.getState().connection.withoutDatabase) return
    this.store.dispatch(databaseChanged('away'))
    this.#askForDatabase()
  }

  #askForDatabase(): void {
    setTimeout(async () => {
      if (await this.#rows.areThere().catch(() => false)) this.store.dispatch(databaseChanged('here'))
      else this.#askForDatabase()
    }, ASK_AGAIN_MS)
  }

  #fail(sessionId: string, problem: Problem['body']): void {
    const state = this.#states.get(sessionId) ?? initialState(sessionId)
    this.store.dispatch(chatChanged({ state, leaf: null, bottom: null, problem }))
  }

  async #dispatch(saying: Saying): Promise<string | null> {
    this.store.dispatch(said(saying))
    const { id, sessionId, content, parentId, characterId, modelId } = saying
    try {
      const ack = await this.#request(id, () => ({
        type: 'chat:message',
        id,
        session_id: sessionId,
        content,
        ...(parentId !== undefined && { parent_id: parentId }),
        ...(characterId !== undefined && { character_id: characterId }),
        ...(modelId !== undefined && { ai_model_id: modelId }),
      }))
      this.store.dispatch(stored({ id, sessionId: ack.session_id }))
      if (this.#states.get(ack.session_id)?.messages[id]) this.store.dispatch(settled([id]))
      return ack.session_id
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.store.dispatch(refused({ id, problem: error.body }))
      return null
    }
  }

  #request(ref: string, make: (ref: string) => Command): Promise<FrameOf<'ack'>> {
    return new Promise((resolve, reject) => {
      const pending: Pending = { frame: make(ref), limit: undefined, resolve, reject }
      this.#pending.set(ref, pending)
      this.#send(pending)
    })
  }

  #send(pending: Pending): void {
    clearTimeout(pending.limit)
    if (!this.#socket?.send(pending.frame)) return
    pending.limit = setTimeout(() => this.#socket?.reconnect(), ACK_LIMIT_MS)
    // The pong tells, at the moment when it matters, whether live text is delayed.
    if (pending.frame.type === 'chat:message') this.#socket.send({ type: 'ping', n: 0 })
  }

  #settle(ref: string | null, how: (pending: Pending) => void): void {
    const pending = ref === null ? undefined : this.#pending.get(ref)
    if (ref === null || !pending) return
    clearTimeout(pending.limit)
    this.#pending.delete(ref)
    how(pending)
  }

  #tell(news: SessionNews): void {
    for (const listener of this.#listeners) listener(news)
  }
}

const inTrash: Problem['body'] = {
  type: 'about:blank',
  title: 'No such chat',
  detail: 'This chat is in the trash.',
  status: 404,
  code: 'session_not_found',
}

/** Events tell a message without its place among others; what was read before still holds. */
function withPlace(state: SessionState, frame: ServerFrame): ServerFrame {
  if (frame.type !== 'message:updated' && frame.type !== 'message:created') return frame
  const { position, sibling_ids } = state.messages[frame.message.id] ?? {}
  return { ...frame, message: { ...frame.message, position: position ?? null, sibling_ids: sibling_ids ?? null } }
}

export function isUnfinished(message: Message): boolean {
  return message.status === 'queued' || message.status === 'streaming'
}

export function isAnswering(state: SessionState): boolean {
  return Object.values(state.messages).some(isUnfinished)
}

/** The end of the branch to show: what hangs below the session's leaf is newer than the session's row. */
function shownLeaf(state: SessionState): string | null {
  let leaf = state.session?.active_leaf_id ?? null
  while (leaf !== null && leaf in state.deleted) leaf = state.deleted[leaf] ?? null
  if (leaf === null || !(leaf in state.messages)) return null
  const children = childrenByParent(state)
  for (let next: string | undefined = leaf; next !== undefined; next = children.get(next)?.at(-1)) leaf = next
  return leaf
}

/** Whether anything changed but the running texts, which the buffers show. */
function isRedrawn(before: SessionState, after: SessionState): boolean {
  return (
    before.messages !== after.messages ||
    before.session !== after.session ||
    before.deleted !== after.deleted ||
    before.seq !== after.seq
  )
}
