import { useState } from 'react'
import { isUnfinished } from '../../realtime/conversations'
import type { Row } from './rows'

/** Whether something has come below since the reader left the end. */
export function useNewSince(rows: readonly Row[], released: boolean): boolean {
  const newest = rows.at(-1)
  const [seen, setSeen] = useState(newest?.id)
  if (!released && seen !== newest?.id) setSeen(newest?.id)
  return released && (newest?.id !== seen || (newest?.kind === 'message' && isUnfinished(newest.message)))
}
