import { useState } from 'react'
import type { Row } from './rows'

/** How many rows have come below since the reader left the end. */
export function useNewSince(rows: readonly Row[], following: boolean): number {
  const newest = rows.at(-1)?.id
  const [seen, setSeen] = useState(newest)
  if (following && seen !== newest) setSeen(newest)
  if (following) return 0
  const place = rows.findLastIndex(({ id }) => id === seen)
  return place < 0 ? 0 : rows.length - 1 - place
}
