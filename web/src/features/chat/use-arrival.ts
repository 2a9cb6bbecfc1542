import { useEffect, useEffectEvent, useMemo, useState } from 'react'
import { useLocation, useSearchParams } from 'react-router'
import { conversations } from '../../realtime/realtime'
import { Problem } from '../../shared/api/problem'
import { chooseBranch } from './choose-branch'
import type { Row } from './rows'
import { placeOf, type Spot } from './use-transcript-list'

interface Arrival {
  /** The rows to begin with are on their way. */
  arriving: boolean
  /** Where to read; null: wherever the reader is. */
  spot: Spot | null
}

/**
 * Where the reader comes to in a chat: the message that the address names (`?at=`), else the one that was read when the
 * chat was left in this tab, if the branch that is shown now has it. Rows that are not loaded are.
 */
export function useArrival(
  sessionId: string,
  joined: boolean,
  rows: readonly Row[],
  onError: (error: Error) => void,
): Arrival {
  const [search] = useSearchParams()
  const { key } = useLocation()
  const named = search.get('at')
  const [left] = useState(() => placeOf(sessionId))
  // biome-ignore lint/correctness/useExhaustiveDependencies: coming to the same message again is another visit
  const wanted = useMemo<Spot | null>(() => (named === null ? left : { row: named }), [named, left, key])
  const [arrived, setArrived] = useState<Spot | null>()
  const [missing, setMissing] = useState<Spot | null>(null)

  const found = wanted === null || rows.some(({ id }) => id === wanted.row)
  if (joined && arrived !== wanted && (found || missing === wanted)) setArrived(wanted)

  const load = useEffectEvent((spot: Spot) => {
    const shown = named === null ? conversations.windows.around(sessionId, spot.row) : show(sessionId, spot.row)
    shown.catch((error: unknown) => {
      setMissing(spot)
      if (!(error instanceof Error)) throw error
      if (named !== null) onError(error)
    })
  })
  const expected = joined && arrived !== wanted && !found ? wanted : null
  useEffect(() => {
    if (expected) load(expected)
  }, [expected])

  return { arriving: arrived === undefined && !found && missing !== wanted, spot: found ? wanted : (arrived ?? null) }
}

/** Load the rows around a message that is asked for, on its own branch when it is not on the one that is shown. */
async function show(sessionId: string, messageId: string): Promise<void> {
  try {
    await conversations.windows.around(sessionId, messageId)
  } catch (error) {
    if (!(error instanceof Problem) || error.body.status !== 404) throw error
    await chooseBranch(sessionId, messageId)
  }
}
