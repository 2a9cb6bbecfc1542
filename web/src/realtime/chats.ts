/** The chats that are known to this tab: what frames and rows make of them, and what the page is told of it. */

import { settled } from '../outbox/sayings'
import type { Message, ProblemBody, SessionRow } from '../shared/api/wire'
import type { TextBuffers } from './buffers'
import type { ServerFrame } from './protocol'
import {
  branch,
  childrenByParent,
  type Effect,
  initialState,
  merged,
  reduce,
  type SessionState,
  textOf,
} from './reducer'
import { type Chat, chatChanged, chatForgotten, type Store } from './store'
import { bottomAfter } from './window'
import { type ReadPage, Windows } from './windows'

/** Pieces of text go to `buffers`, everything else to the store. */
export class Chats {
  /** What is loaded of each chat. */
  readonly windows: Windows
  readonly #store: Store
  readonly #buffers: TextBuffers
  readonly #read: ReadPage
  readonly #states = new Map<string, SessionState>()
  readonly #fetchedLeaf = new Map<string, string>()

  constructor(store: Store, buffers: TextBuffers, read: ReadPage) {
    this.#store = store
    this.#buffers = buffers
    this.#read = read
    this.windows = new Windows(
      {
        chat: (sessionId) => this.#drawn(sessionId),
        show: (sessionId, rows, bottom) => this.takeIn(sessionId, rows, bottom),
      },
      read,
    )
  }

  /** In the order in which they were begun. */
  get known(): string[] {
    return [...this.#states.keys()]
  }

  state(sessionId: string): SessionState | undefined {
    return this.#states.get(sessionId)
  }

  /** The state of a chat, which is known from now on. */
  begun(sessionId: string): SessionState {
    const state = this.#states.get(sessionId) ?? initialState(sessionId)
    this.#states.set(sessionId, state)
    return state
  }

  /** Apply a frame to a chat, if it is known; returns what has to be done about it. */
  apply(sessionId: string, frame: ServerFrame): readonly Effect[] {
    const before = this.#states.get(sessionId)
    if (!before) return []
    const [after, effects] = reduce(before, withPlace(before, frame))
    this.#become(sessionId, after)
    return effects
  }

  /** Take in rows that were read; `bottom` tells how far down the chat is shown then, without it as far as before. */
  takeIn(sessionId: string, rows: readonly Message[], bottom?: string | null): void {
    const state = this.#states.get(sessionId)
    if (state) this.#become(sessionId, merged(state, rows), bottom)
  }

  /** Take in a session's row that a PATCH answered, before its event comes. */
  takeInSession(session: SessionRow): void {
    const state = this.#states.get(session.id)
    if (state?.session && session.version >= state.session.version) this.#become(session.id, { ...state, session })
  }

  /** The chat cannot be shown, and why. */
  fail(sessionId: string, problem: ProblemBody): void {
    const state = this.#states.get(sessionId) ?? initialState(sessionId)
    this.#store.dispatch(chatChanged({ state, leaf: null, bottom: null, problem }))
  }

  /** Take back that a chat cannot be shown. */
  forgive(sessionId: string): void {
    if (this.#drawn(sessionId)?.problem) this.#store.dispatch(chatForgotten(sessionId))
  }

  /** Keep no more of a chat than going back to it needs. */
  leave(sessionId: string): void {
    const chat = this.#drawn(sessionId)
    if (chat && !chat.problem) this.#draw({ ...chat, ...this.windows.fitted(chat, true) })
  }

  forget(sessionId: string): void {
    for (const messageId of Object.keys(this.#states.get(sessionId)?.replies ?? {})) this.#buffers.forget(messageId)
    this.#states.delete(sessionId)
    this.windows.forget(sessionId)
    this.#store.dispatch(chatForgotten(sessionId))
  }

  #drawn(sessionId: string): Chat | undefined {
    return this.#store.getState().chats[sessionId]
  }

  /** A chat is in another state now; `bottom` tells how far down it is shown, without it as far as before. */
  #become(sessionId: string, after: SessionState, bottom?: string | null): void {
    const before = this.#states.get(sessionId)
    const chat = this.#drawn(sessionId)
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
      const arrived = this.#store.getState().outbox.filter(({ id }) => id in after.messages)
      if (arrived.length > 0) this.#store.dispatch(settled(arrived.map(({ id }) => id)))
    }
    if (before?.replies !== after.replies) this.#show(before, after)
  }

  #draw(chat: Chat): void {
    this.#states.set(chat.state.sessionId, chat.state)
    this.#store.dispatch(chatChanged(chat))
  }

  /** Bring changed texts to the page; a text that ended is in its row from then on. */
  #show(before: SessionState | undefined, after: SessionState): void {
    for (const [messageId, reply] of Object.entries(after.replies)) {
      if (reply === before?.replies[messageId]) continue
      if (reply.closed) this.#buffers.forget(messageId)
      else this.#buffers.push(messageId, textOf(after, messageId))
    }
    for (const messageId of Object.keys(before?.replies ?? {})) {
      if (!(messageId in after.replies)) this.#buffers.forget(messageId)
    }
  }

  /** Another branch was chosen whose rows are not here: fetch its end. */
  #completeBranch(state: SessionState): void {
    const leaf = state.session?.active_leaf_id
    if (!leaf || leaf in state.messages || leaf in state.deleted) return
    if (this.#fetchedLeaf.get(state.sessionId) === leaf) return
    this.#fetchedLeaf.set(state.sessionId, leaf)
    this.#read(state.sessionId, leaf)
      .then((rows) => this.takeIn(state.sessionId, rows))
      .finally(() => this.#fetchedLeaf.delete(state.sessionId))
      .catch((error: unknown) => console.error('The branch could not be read', leaf, error))
  }
}

/** Events tell a message without its place among others; what was read before still holds. */
function withPlace(state: SessionState, frame: ServerFrame): ServerFrame {
  if (frame.type !== 'message:updated' && frame.type !== 'message:created') return frame
  const { position, sibling_ids } = state.messages[frame.message.id] ?? {}
  return { ...frame, message: { ...frame.message, position: position ?? null, sibling_ids: sibling_ids ?? null } }
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
