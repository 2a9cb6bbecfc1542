/**
 * What the reader says, until the server has stored it.
 *
 * It is written down before it is sent, so a reload, a crash or days without a network lose nothing. One tab at a time
 * sends, in each chat one saying after the other in the order in which they were said; what an ending tab leaves
 * unanswered is sent again by the next under its id, which the server stores once.
 */

import type { Action } from '@reduxjs/toolkit'
import type { ProblemBody } from '../shared/api/wire'
import { uuid7 } from '../shared/lib/uuid7'
import { kept, lastingChanged, type Saying, said, settled, stored } from './sayings'
import type { Shelf } from './shelf'

const REST_MS = 3_000
const LONGEST_REST_MS = 60_000

export type NewSaying = Pick<Saying, 'sessionId' | 'content' | 'parentId' | 'characterId' | 'modelId'>

/** What became of a saying that was sent. */
export type Outcome =
  | { kind: 'stored'; sessionId: string }
  | { kind: 'refused'; problem: ProblemBody; retryAfter: number | null }
  /** The connection ended before the answer, so nobody knows. */
  | { kind: 'lost' }

export interface Surroundings {
  /** Send a saying over the present connection, once. */
  send(saying: Saying): Promise<Outcome>
  /** Change what the page draws. */
  dispatch(action: Action): void
  /** Whether this tab follows the chat and the message has still to come. */
  expects(sessionId: string, messageId: string): boolean
  /** Do something while no other tab does. */
  alone(deed: () => Promise<void>): Promise<void>
  /** Ask the browser never to clear what is kept. */
  persist(): void
  /** The other tabs. */
  tabs: Pick<BroadcastChannel, 'postMessage' | 'onmessage'>
}

type News = { kind: 'changed' } | { kind: 'stored'; id: string; sessionId: string }

export class Outbox {
  readonly #shelf: Shelf
  readonly #around: Surroundings
  readonly #listeners = new Set<(id: string, sessionId: string) => void>()
  /** Said in this tab, or found when it began. */
  readonly #own = new Set<string>()
  #begun = false
  /** On their way to the shelf. */
  readonly #unwritten = new Set<string>()
  /** Chats whose next saying the server cannot take just now. */
  readonly #resting = new Map<string, ReturnType<typeof setTimeout>>()
  /** How often in a row what the browser keeps could not be read. */
  #unread = 0
  #readingAgain: ReturnType<typeof setTimeout> | undefined
  #connected = false
  #draining = false
  #wanted = false
  #persisted = false
  /** News of other tabs are taken in one after the other. */
  #heard: Promise<void> = Promise.resolve()

  constructor(shelf: Shelf, surroundings: Surroundings) {
    this.#shelf = shelf
    this.#around = surroundings
  }

  /** Take over what earlier pages left, and follow what other tabs do. */
  async start(): Promise<void> {
    this.#around.tabs.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (isNews(data)) this.#heard = this.#heard.then(() => this.#hear(data))
    }
    await this.#shelf.takeUp()
    await this.#show()
    this.#drain()
  }

  /** Say something: it is shown at once and sent when that can be. Returns the id that its message has for life. */
  say(saying: NewSaying): string {
    const id = uuid7()
    this.#own.add(id)
    void this.#write({ ...saying, id, saidAt: new Date().toISOString(), status: 'sending', problem: null, tries: 0 })
    return id
  }

  /** Say a refused saying once more, at its place and under the same id. */
  sayAgain(saying: Saying): void {
    void this.#write({ ...saying, status: 'sending', problem: null })
  }

  async discard(id: string): Promise<void> {
    await this.#shelf.remove(id)
    this.#around.dispatch(settled([id]))
    this.#tell({ kind: 'changed' })
  }

  /** Whether a saying is of this tab, or was there before it, rather than said in another tab meanwhile. */
  isOwn(id: string): boolean {
    return this.#own.has(id)
  }

  /** Call `listener` whenever a saying is stored, whichever tab sent it. */
  onStored(listener: (id: string, sessionId: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The server has greeted this tab, or the connection is gone. */
  connected(yes: boolean): void {
    this.#connected = yes
    if (!yes) return
    for (const timer of this.#resting.values()) clearTimeout(timer)
    this.#resting.clear()
    this.#drain()
  }

  async #write(saying: Saying): Promise<void> {
    this.#unwritten.add(saying.id)
    this.#around.dispatch(said(saying))
    await this.#shelf.put(saying)
    this.#unwritten.delete(saying.id)
    this.#around.dispatch(lastingChanged(this.#shelf.lasting))
    if (!this.#connected && !this.#persisted) {
      this.#persisted = true
      this.#around.persist()
    }
    this.#tell({ kind: 'changed' })
    this.#drain()
  }

  #drain(): void {
    this.#wanted = true
    if (this.#draining || !this.#connected) return
    this.#draining = true
    void this.#around
      .alone(() => this.#sendAll())
      .finally(() => {
        this.#draining = false
        if (this.#wanted) this.#drain()
      })
  }

  async #sendAll(): Promise<void> {
    while (this.#wanted && this.#connected) {
      this.#wanted = false
      const next = firstOfEachChat((await this.#read()).sayings).filter((saying) => !this.#resting.has(chatOf(saying)))
      await Promise.all(next.map((saying) => this.#send(saying)))
      if (next.length > 0) this.#wanted = true
    }
  }

  async #send(saying: Saying): Promise<void> {
    const outcome = await this.#around.send(saying)
    if (outcome.kind === 'lost') {
      // Sent again when the server greets the next time.
      this.#connected = false
    } else if (outcome.kind === 'stored') {
      await this.#shelf.remove(saying.id)
      this.#settle(saying.id, outcome.sessionId)
      this.#tell({ kind: 'stored', id: saying.id, sessionId: outcome.sessionId })
    } else {
      const refused: Saying = outcome.problem.retryable
        ? { ...saying, tries: saying.tries + 1 }
        : { ...saying, status: 'refused', problem: outcome.problem }
      if (outcome.problem.retryable) this.#rest(refused, outcome.retryAfter)
      await this.#shelf.put(refused)
      this.#around.dispatch(said(refused))
      this.#tell({ kind: 'changed' })
    }
  }

  /** Send nothing of a chat for a while: what was said later must not overtake what the server could not take. */
  #rest(saying: Saying, retryAfter: number | null): void {
    const chat = chatOf(saying)
    const wait = retryAfter === null ? restAfter(saying.tries) : Math.min(retryAfter * 1000, LONGEST_REST_MS)
    const timer = setTimeout(() => {
      this.#resting.delete(chat)
      this.#drain()
    }, wait)
    this.#resting.set(chat, timer)
  }

  #settle(id: string, sessionId: string): void {
    for (const listener of this.#listeners) listener(id, sessionId)
    this.#around.dispatch(this.#around.expects(sessionId, id) ? stored({ id, sessionId }) : settled([id]))
  }

  async #hear(news: News): Promise<void> {
    if (news.kind === 'stored') return this.#settle(news.id, news.sessionId)
    await this.#show()
    this.#drain()
  }

  async #show(): Promise<void> {
    const { sayings, unread } = await this.#read()
    if (!this.#begun) for (const { id } of sayings) this.#own.add(id)
    this.#begun ||= !unread
    this.#around.dispatch(lastingChanged(this.#shelf.lasting))
    // Nobody knows what else is kept, so all that is shown stays.
    if (unread) for (const saying of sayings) this.#around.dispatch(said(saying))
    else this.#around.dispatch(kept({ rows: sayings, unwritten: [...this.#unwritten] }))
  }

  /** Read what there is to send. What the browser cannot read just now is read, shown and sent later. */
  async #read(): ReturnType<Shelf['all']> {
    const all = await this.#shelf.all()
    if (!all.unread) this.#unread = 0
    else if (this.#readingAgain === undefined) {
      this.#unread += 1
      this.#readingAgain = setTimeout(() => {
        this.#readingAgain = undefined
        this.#heard = this.#heard.then(() => this.#hear({ kind: 'changed' }))
      }, restAfter(this.#unread))
    }
    return all
  }

  #tell(news: News): void {
    this.#around.tabs.postMessage(news)
  }
}

/** How long to wait after so many failures in a row. */
function restAfter(failures: number): number {
  return Math.min(REST_MS * 2 ** (failures - 1), LONGEST_REST_MS)
}

/** Another tab may be of another version. */
function isNews(value: unknown): value is News {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false
  if (value.kind === 'changed') return true
  const named = 'id' in value && typeof value.id === 'string' && 'sessionId' in value
  return named && value.kind === 'stored' && typeof value.sessionId === 'string'
}

/** What keeps its order among itself: a chat; one that is still to be made is begun by one saying. */
function chatOf({ id, sessionId }: Saying): string {
  return sessionId ?? id
}

function firstOfEachChat(sayings: readonly Saying[]): Saying[] {
  const firsts = new Map<string, Saying>()
  for (const saying of sayings) {
    const chat = chatOf(saying)
    if (saying.status === 'sending' && !firsts.has(chat)) firsts.set(chat, saying)
  }
  return [...firsts.values()]
}
