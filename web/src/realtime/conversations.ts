/** The chats that this tab follows over its socket: joins them, keeps them joined, and hands every frame on. */

import type { Message, ProblemBody, SessionRow } from '../shared/api/wire'
import { text } from '../shared/i18n/text'
import { TextBuffers } from './buffers'
import { Chats } from './chats'
import { Commands } from './commands'
import type { FrameOf, ServerFrame } from './protocol'
import { type Effect, isFinal, joinFrame, type SessionState } from './reducer'
import type { Socket, SocketStatus } from './socket'
import { databaseChanged, delayChanged, type Store, statusChanged } from './store'
import type { ReadPage, Windows } from './windows'

/** What the server could not do just now may work when it is asked again after this long. */
const ASK_AGAIN_MS = 3_000
/** States of chats that no page shows, kept so that going back to one paints at once. */
const KEPT_CHATS = 8

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

export class Conversations {
  readonly store: Store
  readonly buffers: TextBuffers
  readonly commands = new Commands()
  readonly #chats: Chats
  readonly #rows: Rows
  /** How many pages show a chat. */
  readonly #open = new Map<string, number>()
  /** Shown by no page, and left for good when no reply runs in them and nothing more is on its way there. */
  readonly #leaving = new Set<string>()
  /** Joined on the present connection. */
  readonly #joined = new Set<string>()
  readonly #listeners = new Set<(news: SessionNews) => void>()
  #onConnection: (connected: boolean) => void = () => undefined
  #socket: Pick<Socket, 'send'> | null = null
  #greeted = false

  constructor(store: Store, rows: Rows, buffers: TextBuffers = new TextBuffers()) {
    this.store = store
    this.#rows = rows
    this.buffers = buffers
    this.#chats = new Chats(store, buffers, rows.page)
  }

  /** What is loaded of each chat. */
  get windows(): Windows {
    return this.#chats.windows
  }

  /** Speak over `socket` from now on. */
  attach(socket: Pick<Socket, 'send' | 'reconnect'>): void {
    this.#socket = socket
    this.commands.attach(socket)
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

  /** Take in rows that were read over REST. */
  takeIn(sessionId: string, rows: readonly Message[]): void {
    this.#chats.takeIn(sessionId, rows)
  }

  /** Take in a session's row that a PATCH answered, before its event comes. */
  takeInSession(session: SessionRow): void {
    this.#chats.takeInSession(session)
  }

  /** Whether a chat is followed and this message of it has still to come. */
  expects(sessionId: string, messageId: string): boolean {
    return this.#joined.has(sessionId) && !this.#chats.state(sessionId)?.messages[messageId]
  }

  /** Tell `listener` when the server has greeted and all chats are asked for again, and when the connection is gone. */
  onConnection(listener: (connected: boolean) => void): void {
    this.#onConnection = listener
  }

  onNews(listener: (news: SessionNews) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly onStatus = (status: SocketStatus): void => {
    this.store.dispatch(statusChanged(status))
    if (status === 'online') return
    this.#joined.clear()
    this.commands.disconnected()
    this.#onConnection(false)
  }

  readonly onFrame = (frame: ServerFrame): void => {
    switch (frame.type) {
      case 'welcome':
        return this.#welcomed()
      case 'ack':
        return this.commands.acknowledged(frame)
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
        // Whoever speaks to a chat joins it, from whatever page; and a page may be gone before the answer.
        if (!this.#open.has(frame.session_id)) this.#leaving.add(frame.session_id)
        this.#chats.begun(frame.session_id)
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
    this.commands.connected()
    this.#onConnection(true)
    if (this.#greeted) this.#tell({ kind: 'reconnected' })
    this.#greeted = true
  }

  #join(sessionId: string): void {
    const state = this.#chats.begun(sessionId)
    this.#chats.forgive(sessionId)
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
    this.#chats.leave(sessionId)
    this.#leaveIfQuiet(sessionId)
  }

  #leaveIfQuiet(sessionId: string): void {
    const state = this.#chats.state(sessionId)
    if (!this.#leaving.has(sessionId) || (state && isAnswering(state)) || this.#isSpokenTo(sessionId)) return
    this.#leaving.delete(sessionId)
    if (this.#joined.delete(sessionId)) this.#socket?.send({ type: 'session:leave', session_id: sessionId })
    this.#forgetOldest()
  }

  /** Whether messages of the reader have still to come; those that begin a chat may belong to any. */
  #isSpokenTo(sessionId: string): boolean {
    return this.store
      .getState()
      .outbox.some((saying) => saying.status !== 'refused' && (saying.sessionId ?? sessionId) === sessionId)
  }

  #forgetOldest(): void {
    const closed = this.#chats.known.filter((id) => !this.#open.has(id) && !this.#joined.has(id))
    for (const sessionId of closed.slice(0, -KEPT_CHATS)) this.#chats.forget(sessionId)
  }

  #apply(sessionId: string, frame: ServerFrame): void {
    for (const effect of this.#chats.apply(sessionId, frame)) this.#carryOut(sessionId, effect)
    this.#leaveIfQuiet(sessionId)
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
        this.#chats.fail(sessionId, inTrash())
        break
      case 'reconnect':
        // The socket itself follows `bye`.
        break
    }
  }

  #refused(frame: FrameOf<'error'>): void {
    if (frame.code === 'storage_unavailable') this.#waitForDatabase()
    if (!frame.ref?.startsWith('join ')) return this.commands.refused(frame)
    const sessionId = frame.ref.slice('join '.length)
    if (frame.retryable) this.#joinLater(sessionId, frame.retry_after)
    else this.#chats.fail(sessionId, frame)
  }

  /** What is shown of a chat stays until it can be joined again. */
  #joinLater(sessionId: string, seconds: number | null | undefined): void {
    this.#joined.delete(sessionId)
    setTimeout(
      () => {
        if (this.#open.has(sessionId) && !this.#joined.has(sessionId)) this.#join(sessionId)
      },
      seconds == null ? ASK_AGAIN_MS : seconds * 1000,
    )
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

  #tell(news: SessionNews): void {
    for (const listener of this.#listeners) listener(news)
  }
}

/** As the server would answer whoever asks for the chat now. */
function inTrash(): ProblemBody {
  return {
    type: 'about:blank',
    title: text('chat.missing'),
    detail: text('chat.inTrash'),
    status: 404,
    code: 'session_not_found',
  }
}

export function isUnfinished(message: Message): boolean {
  return !isFinal(message)
}

export function isAnswering(state: SessionState): boolean {
  return Object.values(state.messages).some(isUnfinished)
}
