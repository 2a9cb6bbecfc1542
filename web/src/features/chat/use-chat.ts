import { useEffect, useMemo, useRef, useState } from 'react'
import { useSelector } from 'react-redux'
import { conversations } from '../../realtime/realtime'
import type { RootState } from '../../realtime/store'
import { transcriptBefore, transcriptOf } from './rows'

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
  const transcript = useMemo(
    () => (chat ? transcriptOf(chat, outbox) : transcriptBefore(sessionId, outbox)),
    [chat, sessionId, outbox],
  )
  return { chat, transcript }
}

export type Side = 'older' | 'newer'

export interface Pages {
  /** The page that is being read. */
  readonly loading: Side | null
  /** Read a page because the reader asks for it. */
  load: (side: Side) => void
  /** Read a page because the reader comes near; not again after one could not be read. */
  approach: (side: Side) => void
}

/** The pages above and below the loaded rows of a chat. */
export function usePages(sessionId: string, onError: (error: Error) => void): Pages {
  const [loading, setLoading] = useState<Side | null>(null)
  const refused = useRef(new Set<Side>())
  const busy = useRef(false)

  async function load(side: Side) {
    if (busy.current) return
    busy.current = true
    setLoading(side)
    try {
      await conversations.windows[side](sessionId)
      refused.current.delete(side)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      refused.current.add(side)
      onError(error)
    } finally {
      busy.current = false
      setLoading(null)
    }
  }

  return {
    loading,
    load: (side) => void load(side),
    approach: (side) => {
      if (!refused.current.has(side)) void load(side)
    },
  }
}
