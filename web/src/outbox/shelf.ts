/** Where sayings lie until the server has them. */

import { recall, remember, remembered } from '../shared/lib/storage'
import type { Database, Deed } from './db'
import type { Saying } from './sayings'

/** Kept in the browser's database; in this tab alone when the browser keeps none, which `lasting` tells. */
export class Shelf {
  readonly #database: Database
  /** What the browser would not keep, and null for what it would not let go of. */
  readonly #here = new Map<string, Saying | null>()
  #answering = true

  constructor(database: Database) {
    this.#database = database
  }

  /** Whether what is here outlives the tab. */
  get lasting(): boolean {
    return this.#answering && [...this.#here.values()].every((saying) => saying === null)
  }

  /** The sayings in the order in which they were put here first: all, or those of this tab alone if the others are `unread`. */
  async all(): Promise<{ sayings: Saying[]; unread: boolean }> {
    const kept = await this.#tried((database) => database.getAll('sayings'))
    const all = new Map<string, Saying | null>(kept?.filter(isSaying).map((saying) => [saying.id, saying]))
    for (const [id, saying] of this.#here) all.set(id, saying)
    return { sayings: [...all.values()].filter((saying) => saying !== null), unread: kept === undefined }
  }

  /** Put what pages were putting here when they ended. */
  async takeUp(): Promise<void> {
    const left = remembered(this.#left('')).map(recall).filter(isSaying)
    await Promise.all(left.map((saying) => this.put(saying)))
  }

  /** Put a saying at the end, or in place of what it was. The page may end at any moment after the call. */
  async put(saying: Saying): Promise<void> {
    remember(this.#left(saying.id), saying)
    const kept = await this.#tried(async (database) => {
      const { store, done } = database.transaction('sayings', 'readwrite')
      await Promise.all([store.put(saying, await store.index('id').getKey(saying.id)), done])
      return true
    })
    if (kept) this.#here.delete(saying.id)
    else this.#here.set(saying.id, saying)
    remember(this.#left(saying.id), null)
  }

  async remove(id: string): Promise<void> {
    this.#here.set(id, null)
    const gone = await this.#tried(async (database) => {
      const { store, done } = database.transaction('sayings', 'readwrite')
      const key = await store.index('id').getKey(id)
      if (key !== undefined) await store.delete(key)
      await done
      return true
    })
    if (gone) this.#here.delete(id)
  }

  /** Where a saying is until the database has it. Ids grow, so their order is that in which they were said. */
  #left(id: string): string {
    return `${this.#database.name} saying ${id}`
  }

  async #tried<Result>(deed: Deed<Result>): Promise<Result | undefined> {
    try {
      const result = await this.#database.use(deed)
      this.#answering = true
      return result
    } catch (error) {
      // Private windows, full disks: the reader is told, and the tab goes on by itself.
      console.warn('This browser keeps nothing', error)
      this.#answering = false
      return undefined
    }
  }
}

/** Whether it can be drawn and sent: other versions, and people, write where sayings lie. */
function isSaying(value: unknown): value is Saying {
  if (typeof value !== 'object' || value === null) return false
  const { id, sessionId, content, saidAt, status, problem } = value as Partial<Record<keyof Saying, unknown>>
  return (
    [id, content, saidAt].every((text) => typeof text === 'string') &&
    (sessionId === null || typeof sessionId === 'string') &&
    (status === 'sending' || status === 'refused') &&
    typeof problem === 'object' &&
    (status === 'refused') === (problem !== null)
  )
}
