import type { QueryClient } from '@tanstack/react-query'
import type { Conversations } from '../../realtime/conversations'
import { normalizeSession, sessionKeys } from '../../shared/api/sessions'
import { dropSession, putSession } from './session-pages'

/** Keep the lists true by what the socket tells, whether a list is shown or not. */
export function followSessionNews(conversations: Conversations, queryClient: QueryClient): () => void {
  return conversations.onNews((news) => {
    if (news.kind === 'reconnected') void queryClient.invalidateQueries({ queryKey: sessionKeys.lists })
    else if (news.kind === 'deleted') dropSession(queryClient, news.sessionId)
    else putSession(queryClient, normalizeSession(news.session))
  })
}
