/** What was typed and not sent, by chat. It is written while typing, so that nothing depends on leaving well. */

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
    const kept = await this.#database.use((open) => open.get('drafts', key)).catch(unkept)
    return this.#unwritten.get(key) ?? kept ?? ''
  }

  write(key: string, text: string): void {
    this.#unwritten.set(key, text)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.flush(), WRITE_AFTER_MS)
  }

  /** Forget a draft at once: what was sent never comes back. */
  clear(key: string): void {
    this.write(key, '')
    this.flush()
  }

  /** Write what is not written yet. It is on its way when this returns, also from a page that ends. */
  flush(): void {
    clearTimeout(this.#timer)
    for (const [key, text] of this.#unwritten) void this.#put(key, text)
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
      if (this.#unwritten.get(key) === text) this.#unwritten.delete(key)
    } catch (error) {
      unkept(error)
    }
  }
}

function unkept(error: unknown): undefined {
  console.warn('This browser keeps no drafts', error)
}

export const drafts = new Drafts(database)
addEventListener('pagehide', () => drafts.flush())
document.addEventListener('visibilitychange', () => drafts.flush())
