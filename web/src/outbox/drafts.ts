/** What was typed and not sent, by chat. It is written while typing, so that nothing depends on leaving well. */

import { recall, remember } from '../shared/lib/storage'
import { type Database, database } from './db'

const WRITE_AFTER_MS = 300

export class Drafts {
  readonly #database: Database
  /** Newer than what the database holds; what the browser does not keep stays here. */
  readonly #unwritten = new Map<string, string>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(database: Database) {
    this.#database = database
  }

  async read(key: string): Promise<string> {
    this.#takeUp(key)
    const kept: unknown = await this.#database.use((open) => open.get('drafts', key)).catch(unkept)
    return this.#unwritten.get(key) ?? (typeof kept === 'string' ? kept : '')
  }

  write(key: string, text: string): void {
    this.#unwritten.set(key, text)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.flush(), WRITE_AFTER_MS)
  }

  /** Forget a draft at once: what was sent never comes back. */
  clear(key: string): void {
    this.#unwritten.set(key, '')
    this.leave()
  }

  /** Write what is not written yet. */
  flush(): void {
    clearTimeout(this.#timer)
    for (const [key, text] of this.#unwritten) void this.#put(key, text)
  }

  /** Write it from a page that may end before the database answers: until it does, the next page finds it elsewhere. */
  leave(): void {
    for (const [key, text] of this.#unwritten) remember(this.#left(key), text)
    this.flush()
  }

  /** Go on with what a page left that has ended since. */
  #takeUp(key: string): void {
    const text = recall(this.#left(key))
    if (typeof text !== 'string' || this.#unwritten.has(key)) return
    this.#unwritten.set(key, text)
    void this.#put(key, text)
  }

  #left(key: string): string {
    return `${this.#database.name} draft ${key}`
  }

  async #put(key: string, text: string): Promise<void> {
    try {
      await this.#database.use(async (open) => {
        const transaction = open.transaction('drafts', 'readwrite')
        const written = text ? transaction.store.put(text, key) : transaction.store.delete(key)
        // A page that ends cannot wait for the browser to commit by itself.
        transaction.commit()
        await Promise.all([written, transaction.done])
      })
      if (this.#unwritten.get(key) !== text) return
      this.#unwritten.delete(key)
      remember(this.#left(key), null)
    } catch (error) {
      unkept(error)
    }
  }
}

function unkept(error: unknown): undefined {
  console.warn('This browser keeps no drafts', error)
}

export const drafts = new Drafts(database)
addEventListener('pagehide', () => drafts.leave())
document.addEventListener('visibilitychange', () => drafts.leave())
