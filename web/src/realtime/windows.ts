/** The pages of chats that are read over REST: what stands above and below the loaded rows, and around one far away. */

import type { PlaceOfPage } from '../shared/api/messages'
import type { Message } from '../shared/api/wire'
import type { SessionState } from './reducer'
import type { Chat } from './store'
import { LEFT_ROWS, LOADED_ROWS, PAGE, trimmed, windowOf } from './window'

/** Read a page of the branch that ends in `leaf` (null: the active branch), oldest first: its newest, or one at a place. */
export type ReadPage = (sessionId: string, leaf: string | null, place?: PlaceOfPage) => Promise<Message[]>

/** What the pages are put into. */
export interface ShownChats {
  chat(sessionId: string): Chat | undefined
  /** Take in rows and show the window that ends in `bottom`, null standing for the leaf. */
  show(sessionId: string, rows: readonly Message[], bottom: string | null): void
}

export class Windows {
  readonly #chats: ShownChats
  readonly #read: ReadPage
  /** The row that the reader of a chat looks at; none when that is the end. */
  readonly #reading = new Map<string, string>()
  readonly #listeners = new Set<() => void>()
  readonly #revealed = new Map<string, readonly Message[]>()
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(chats: ShownChats, read: ReadPage) {
    this.#chats = chats
    this.#read = read
  }

  /** Tell which row the reader looks at, so that it is never let go; null: the end. */
  reading(sessionId: string, row: string | null): void {
    if (row === null) this.#reading.delete(sessionId)
    else this.#reading.set(sessionId, row)
    for (const listener of this.#listeners) listener()
  }

  /** Whether the reader of a chat is at its end. */
  atEnd(sessionId: string): boolean {
    return !this.#reading.has(sessionId) && this.#bottomOf(sessionId) === null
  }

  /** Call `listener` whenever a reader has moved; returns how to stop. */
  onReading(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Load the page above the shown rows. Asking again while it is on its way asks once. */
  older(sessionId: string): Promise<void> {
    return this.#once(`older ${sessionId}`, async () => {
      const chat = this.#chats.chat(sessionId)
      const top = chat && windowOf(chat.state, chat.leaf, chat.bottom).ids[0]
      const first = top === undefined ? undefined : chat?.state.messages[top]
      if (!chat || !first) return
      const found = await this.#read(sessionId, chat.leaf, { before: first.id })
      // With the row that they stand above: what was deleted between them would part the branch.
      const above = found.length > 0 ? [...found, first] : [{ ...first, position: 1 }]
      this.#chats.show(sessionId, above, this.#bottomOf(sessionId))
    })
  }

  /** Load the page below the shown rows. */
  newer(sessionId: string): Promise<void> {
    return this.#once(`newer ${sessionId}`, async () => {
      const chat = this.#chats.chat(sessionId)
      const last = chat?.bottom == null ? undefined : chat.state.messages[chat.bottom]
      if (!chat || !last) return
      const found = await this.#read(sessionId, chat.leaf, { after: last.id })
      // A jump or a way to the end that was taken meanwhile stands.
      if (this.#bottomOf(sessionId) !== last.id) return
      this.#chats.show(sessionId, [last, ...found], found.at(-1)?.id ?? null)
    })
  }

  /**
   * Show the rows around a message, whatever was shown before.
   *
   * Rejects with the server's problem when the message is not in the branch that is shown.
   */
  around(sessionId: string, messageId: string): Promise<void> {
    return this.#once(`around ${messageId}`, async () => {
      const chat = this.#chats.chat(sessionId)
      if (!chat) return
      const { ids, older } = windowOf(chat.state, chat.leaf, chat.bottom)
      // The first of several is known, but not shown.
      if (ids.includes(messageId) && !(older && ids[0] === messageId)) return
      const found = await this.#read(sessionId, chat.leaf, { around: messageId })
      this.reading(sessionId, messageId)
      this.#chats.show(sessionId, found, found.at(-1)?.id ?? null)
    })
  }

  /**
   * Load the rows around a message of another branch and `choose` that branch: they are what is shown of it then.
   *
   * Rejects when either fails, and what is shown stays as it is.
   */
  async reveal(sessionId: string, messageId: string, choose: () => Promise<void>): Promise<void> {
    const rows = await this.#read(sessionId, messageId, { around: messageId })
    this.#revealed.set(sessionId, rows)
    try {
      await choose()
    } catch (error) {
      // Unless another branch was asked for meanwhile.
      if (this.#revealed.get(sessionId) === rows) this.#revealed.delete(sessionId)
      throw error
    }
  }

  /** The rows that wait for their branch to be chosen; none: its end is shown then. */
  revealed(sessionId: string): readonly Message[] {
    return this.#revealed.get(sessionId) ?? []
  }

  /** The branch of the revealed rows was chosen. */
  chosen(sessionId: string): void {
    this.#revealed.delete(sessionId)
  }

  /** Show the end of the branch. */
  toEnd(sessionId: string): void {
    this.reading(sessionId, null)
    if (this.#bottomOf(sessionId) !== null) this.#chats.show(sessionId, [], null)
  }

  /** The state and the bottom of a chat without what is too much: less is kept of one that is `left`. */
  fitted(chat: Omit<Chat, 'problem'>, left = false): { state: SessionState; bottom: string | null } {
    const { state, leaf, bottom } = chat
    const rows = left ? LEFT_ROWS : LOADED_ROWS - PAGE
    if (Object.keys(state.messages).length <= rows + PAGE) return { state, bottom }
    return trimmed(state, leaf, bottom, this.#reading.get(state.sessionId) ?? null, rows)
  }

  forget(sessionId: string): void {
    this.#reading.delete(sessionId)
    this.#revealed.delete(sessionId)
  }

  #bottomOf(sessionId: string): string | null {
    return this.#chats.chat(sessionId)?.bottom ?? null
  }

  #once(what: string, load: () => Promise<void>): Promise<void> {
    const present = this.#underWay.get(what)
    if (present) return present
    const loading = load().finally(() => this.#underWay.delete(what))
    this.#underWay.set(what, loading)
    return loading
  }
}
