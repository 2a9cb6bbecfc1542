import { useState } from 'react'

export interface Selection {
  /** Those that are chosen of the ones that are shown, in the order in which these are shown. */
  chosen: readonly string[]
  has: (id: string) => boolean
  /** Choose one, or no longer; with `range` all from the last one that was pressed to this one become as this one. */
  toggle: (id: string, range: boolean) => void
  chooseAll: () => void
  clear: () => void
}

/** Which of the shown rows the reader has chosen. */
export function useSelection(shown: readonly string[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const [pressed, setPressed] = useState<string | null>(null)
  return {
    chosen: shown.filter((id) => ids.has(id)),
    has: (id) => ids.has(id),
    toggle: (id, range) => {
      const from = range && pressed !== null ? shown.indexOf(pressed) : -1
      const to = shown.indexOf(id)
      const meant = from < 0 ? [id] : shown.slice(Math.min(from, to), Math.max(from, to) + 1)
      const others = [...ids].filter((one) => !meant.includes(one))
      setIds(new Set(ids.has(id) ? others : [...others, ...meant]))
      setPressed(id)
    },
    chooseAll: () => setIds(new Set(shown)),
    clear: () => setIds(new Set()),
  }
}
