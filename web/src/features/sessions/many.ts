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

let progress: Progress | null = null
const listeners = new Set<() => void>()

/** Do it to each of `ids` until all is done, it is cancelled, or the server refuses one. What is gone already is done. */
export async function doToMany(
  deed: ManyDeed,
  ids: readonly string[],
  act: (id: string) => Promise<unknown>,
): Promise<Outcome> {
  const waiting = [...ids]
  const outcome: Outcome = { done: [], problem: null }
  const cancel = () => waiting.splice(0)
  const show = () => tell({ deed, done: outcome.done.length, total: ids.length, cancel })

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
      show()
    }
  }

  show()
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } finally {
    tell(null)
  }
  return outcome
}

/** How far the deed is that is being done; null when none is. */
export function useProgress(): Progress | null {
  return useSyncExternalStore(subscribe, () => progress)
}

function tell(now: Progress | null): void {
  progress = now
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
