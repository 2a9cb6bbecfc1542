import { conversations } from '../../realtime/realtime'
import { updateChatSession } from '../../shared/api/sessions'

/** Show another branch around its message that is chosen, wherever it ends. */
export function chooseBranch(sessionId: string, messageId: string): Promise<void> {
  return conversations.windows.reveal(sessionId, messageId, async () => {
    conversations.takeInSession(await updateChatSession(sessionId, { active_leaf_id: messageId }))
  })
}
