import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useParams } from 'react-router'
import { isAnswering } from '../../realtime/conversations'
import { conversations, store } from '../../realtime/realtime'
import { Problem } from '../../shared/api/problem'
import { normalizeSession, updateChatSession } from '../../shared/api/sessions'
import { putSession } from './session-pages'

/** Tell the server how far the reader has read: once a reply has ended in sight, at the end of the chat that is shown. */
export function useReading(): void {
  const { id } = useParams()
  const queryClient = useQueryClient()
  useEffect(() => {
    if (id === undefined) return
    let read: number | null = null

    async function look(sessionId: string) {
      const state = store.getState().chats[sessionId]?.state
      if (!state?.session || state.seq === null || isAnswering(state)) return
      read ??= state.session.unread ? state.session.last_read_seq : state.seq
      if (document.hidden || state.seq <= read || !conversations.windows.atEnd(sessionId)) return
      const before = read
      read = state.seq
      try {
        putSession(queryClient, normalizeSession(await updateChatSession(sessionId, { last_read_seq: state.seq })))
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        // It stays unread, which is no harm: the next look tells it again.
        read = before
      }
    }

    const again = () => void look(id)
    again()
    const stops = [store.subscribe(again), conversations.windows.onReading(again)]
    document.addEventListener('visibilitychange', again)
    return () => {
      for (const stop of stops) stop()
      document.removeEventListener('visibilitychange', again)
    }
  }, [id, queryClient])
}
