import { useRef } from 'react'
import { isUnfinished } from '../../realtime/conversations'
import type { Row } from './rows'

/** Whether something has come below since the reader left the end. */
export function useNewSince(rows: readonly Row[], released: boolean): boolean {
  const newest = rows.at(-1)
  const left = useRef<string | undefined>(undefined)
  if (!released) left.current = newest?.id
  return released && (newest?.id !== left.current || (newest?.kind === 'message' && isUnfinished(newest.message)))
}
