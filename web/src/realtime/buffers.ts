/** The text of replies as it grows, painted no more often than the machine can afford, outside any store. */

/** With what comes between two drawings and is not measured (the scrolling after one, the pieces) these are 40 %. */
const DRAWING_SHARE = 0.22
const SLOWEST_PER_SECOND = 8
const FASTEST_PER_SECOND = 30
const FLUSHES_REMEMBERED = 10
/** Timers and frames are not quite regular: who asks so much too soon gets the frame that was meant. */
const JITTER_MS = 4

/** Time and painting, as the browser has them. */
export interface Stage {
  /** Milliseconds that only grow. */
  now(): number
  /** Call back after so many milliseconds. */
  after(milliseconds: number, callback: () => void): void
  /** Call back before the next paint; never in a hidden tab. */
  onFrame(callback: () => void): void
  /** Call back once what was just changed is drawn. */
  onDrawn(callback: () => void): void
}

export const browserStage: Stage = {
  now: () => performance.now(),
  after: (milliseconds, callback) => setTimeout(callback, milliseconds),
  onFrame: (callback) => requestAnimationFrame(callback),
  onDrawn: (callback) => setTimeout(callback),
}

/**
 * The texts that are shown, one per message; `subscribe` and `read` are made for `useSyncExternalStore`.
 *
 * What is pushed is shown at the next flush; the first text of a message and `settle` are shown at once. Flushes follow
 * the machine: their moving mean may take 40 % of the time, within 8 to 30 a second. A hidden tab paints nothing and
 * catches up with one flush when it is seen again.
 */
export class TextBuffers {
  readonly #stage: Stage
  readonly #shown = new Map<string, string>()
  readonly #waiting = new Map<string, string>()
  readonly #listeners = new Map<string, Set<() => void>>()
  #costs: number[] = []
  #flushedAt = Number.NEGATIVE_INFINITY
  #asked = false

  constructor(stage: Stage = browserStage) {
    this.#stage = stage
  }

  /** The text of a message as it is shown now; undefined when none was pushed. */
  read(messageId: string): string | undefined {
    return this.#shown.get(messageId)
  }

  /** Call `listener` whenever the shown text of one message changes; returns how to stop that. */
  subscribe(messageId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(messageId) ?? new Set()
    this.#listeners.set(messageId, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(messageId)
    }
  }

  /** Hand over all text of a message so far; a string built by `+=` costs no copy. */
  push(messageId: string, text: string): void {
    this.#waiting.set(messageId, text)
    if (this.#shown.get(messageId)) this.#ask()
    else this.#flush()
  }

  /** Show a text at once, with whatever waits. */
  settle(messageId: string, text: string): void {
    this.#waiting.set(messageId, text)
    this.#flush()
  }

  /** Forget a message: its row is shown from elsewhere now, or gone. */
  forget(messageId: string): void {
    this.#waiting.delete(messageId)
    if (this.#shown.delete(messageId)) this.#tell(messageId)
  }

  #ask(): void {
    if (this.#asked) return
    this.#asked = true
    const wait = this.#flushedAt + this.#interval() - JITTER_MS - this.#stage.now()
    // A frame that is asked for is drawn, whether it shows anything new or not: none is before something is due.
    this.#stage.after(wait, () => {
      this.#stage.onFrame(() => {
        this.#asked = false
        if (this.#waiting.size > 0) this.#flush()
      })
    })
  }

  #flush(): void {
    const began = this.#stage.now()
    const changed = [...this.#waiting].filter(([messageId, text]) => this.#shown.get(messageId) !== text)
    this.#waiting.clear()
    this.#flushedAt = began
    for (const [messageId, text] of changed) this.#shown.set(messageId, text)
    for (const [messageId] of changed) this.#tell(messageId)
    this.#stage.onDrawn(() => {
      this.#costs = [...this.#costs, this.#stage.now() - began].slice(-FLUSHES_REMEMBERED)
    })
  }

  #tell(messageId: string): void {
    for (const listener of this.#listeners.get(messageId) ?? []) listener()
  }

  /** Milliseconds between two flushes. */
  #interval(): number {
    if (this.#costs.length === 0) return 1000 / FASTEST_PER_SECOND
    const mean = this.#costs.reduce((sum, cost) => sum + cost, 0) / this.#costs.length
    const perSecond = (DRAWING_SHARE * 1000) / Math.max(mean, Number.EPSILON)
    return 1000 / Math.min(Math.max(perSecond, SLOWEST_PER_SECOND), FASTEST_PER_SECOND)
  }
}
