/** One deed over many chats, a few at a time. It goes on when the reader leaves the page that began it. */

import { useSyncExternalStore } from 'react'
import { Problem } from '../../shared/api/problem'

/** So many requests are on their way together. */
const AT_ONCE = 4

export type ManyDeed = 'delete' | 'archive' | 'undo'

export interface Progress {
  readonly deed: ManyDeed
  readonly done: number
  readonly total: number
  readonly cancel: () => void
}

export interface Outcome {
  done: string[]
  /** What ended it before all was done. */
  problem: Problem | null
}

/** All that are being done, in the order in which they began; each shows its newest state. */
let running: readonly Progress[] = []
const listeners = new Set<() => void>()

/** Do it to each of `ids` until all is done, it is cancelled, or the server refuses one. What is gone already needs nothing. */
export async function doToMany(
  deed: ManyDeed,
  ids: readonly string[],
  act: (id: string) => Promise<unknown>,
): Promise<Outcome> {
  const waiting = [...ids]
  const outcome: Outcome = { done: [], problem: null }
  const cancel = () => waiting.splice(0)
  let shown: Progress = { deed, done: 0, total: ids.length, cancel }
  tell([...running, shown])

  function show(now: Progress) {
    const before = shown
    shown = now
    tell(running.map((progress) => (progress === before ? now : progress)))
  }

  async function work() {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        await act(id)
        outcome.done.push(id)
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        if (error.body.status !== 404) {
          outcome.problem ??= error
          cancel()
        }
      }
      show({ ...shown, done: shown.done + 1 })
    }
  }

  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } finally {
    tell(running.filter((progress) => progress !== shown))
  }
  return outcome
}

/** How far the deed is that is being done, of several the one that began last; null when none is. */
export function useProgress(): Progress | null {
  return useSyncExternalStore(subscribe, () => running.at(-1) ?? null)
}

function tell(now: readonly Progress[]): void {
  running = now
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
