/** The browser's database of this installation: what must outlive the page and the browser. */

import type { DBSchema, IDBPDatabase } from 'idb'
import { root } from '../shared/api/root'
import type { Saying } from './sayings'

export interface Tables extends DBSchema {
  /** What was said and is not stored yet, under numbers that grow: their order is the order in which it was said. */
  sayings: { key: number; value: Saying; indexes: { id: string } }
  /** What was typed and not sent, by chat. */
  drafts: { key: string; value: string }
}

/** What is done with the open database. */
export type Deed<Result> = (database: IDBPDatabase<Tables>) => Promise<Result>

const VERSION = 1
/** Browsers close databases behind a page's back, Safari in the background above all; these errors tell. */
const CLOSED = new Set(['InvalidStateError', 'UnknownError', 'AbortError'])

/** Opens at the first use and again after the browser, or a newer version in another tab, has closed the database. */
export class Database {
  readonly name: string
  #opening: Promise<IDBPDatabase<Tables>> | null = null

  constructor(name: string) {
    this.name = name
  }

  /**
   * Do something with the open database; once more over a new connection if this one turns out to be closed. A deed
   * therefore leaves the same behind when it is done twice.
   *
   * Rejects when this browser keeps no databases, has no room, or fails twice.
   */
  async use<Result>(deed: Deed<Result>): Promise<Result> {
    const opening = this.#open()
    try {
      return await deed(await opening)
    } catch (error) {
      if (!(error instanceof DOMException) || !CLOSED.has(error.name)) throw error
      if (this.#opening === opening) this.#opening = null
      return deed(await this.#open())
    }
  }

  /** Close the connection; the next use opens it again. */
  async close(): Promise<void> {
    const opening = this.#opening
    this.#opening = null
    if (opening) (await opening).close()
  }

  #open(): Promise<IDBPDatabase<Tables>> {
    if (this.#opening) return this.#opening
    const opening = this.#opened()
    this.#opening = opening
    opening.catch(() => this.#forget(opening))
    return opening
  }

  async #opened(): Promise<IDBPDatabase<Tables>> {
    const { openDB } = await import('idb')
    const database: IDBPDatabase<Tables> = await openDB<Tables>(this.name, VERSION, {
      upgrade: (fresh) => {
        fresh.createObjectStore('sayings', { autoIncrement: true }).createIndex('id', 'id', { unique: true })
        fresh.createObjectStore('drafts')
      },
      // A newer version of the app waits for this page to let go.
      blocking: () => void this.close(),
      terminated: () => {
        this.#opening = null
      },
    })
    return database
  }

  #forget(opening: Promise<IDBPDatabase<Tables>>): void {
    if (this.#opening === opening) this.#opening = null
  }
}

/** Installations under different paths of one origin have databases of their own. */
export const database = new Database(`causerie ${root.pathname}`)
