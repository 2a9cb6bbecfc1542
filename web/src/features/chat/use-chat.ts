import { useEffect, useMemo, useState } from 'react'
import { useSelector } from 'react-redux'
import { conversations } from '../../realtime/realtime'
import type { RootState } from '../../realtime/store'
import { getMessages } from '../../shared/api/messages'
import { type Row, rowsOf } from './rows'

const useAppSelector = useSelector.withTypes<RootState>()

export function useOnline(): boolean {
  return useAppSelector((state) => state.connection.status === 'online')
}

export function useOutbox() {
  return useAppSelector((state) => state.outbox)
}

/** One chat, followed while it is shown. */
export function useChat(sessionId: string) {
  const chat = useAppSelector((state) => state.chats[sessionId])
  const outbox = useOutbox()
  useEffect(() => conversations.open(sessionId), [sessionId])
  const rows = useMemo(() => (chat ? rowsOf(chat, outbox) : []), [chat, outbox])
  return { chat, rows }
}

/** The messages before the first row, a page at a time. */
export function useOlder(
  sessionId: string,
  leaf: string | null,
  rows: readonly Row[],
  onError: (error: Error) => void,
) {
  const [loading, setLoading] = useState(false)
  /** A row above which nothing was found: what stood there was deleted. */
  const [beginning, setBeginning] = useState<string | null>(null)
  const first = rows[0]?.kind === 'message' ? rows[0].message : null
  const below = first !== null && (first.position ? first.position > 1 : first.parent_id !== null)
  const exist = below && first.id !== beginning

  async function load() {
    if (!first || !leaf) return
    setLoading(true)
    try {
      const found = await getMessages(sessionId, leaf, first.id)
      if (found.length === 0) setBeginning(first.id)
      // With the row that they stand above: what was deleted between them would part the branch.
      conversations.takeIn(sessionId, [...found, first])
    } catch (error) {
      if (!(error instanceof Error)) throw error
      onError(error)
    } finally {
      setLoading(false)
    }
  }

  return { exist, loading, load }
}
