import { call } from './client'
import type { Message, Page } from './wire'

export interface MessagesPage extends Page<Message> {
  total: number
}

/** The newest page of the branch that ends in `leaf`, or the page older than `before`; oldest first within it. */
export function getMessages(sessionId: string, leaf: string, before?: string): Promise<MessagesPage> {
  return call('GET', 'messages', { query: { chat_session_id: sessionId, leaf, before } })
}

export function getMessage(id: string): Promise<Message> {
  return call('GET', `messages/${id}`)
}

export function updateMessage(message: Message, content: string): Promise<Message> {
  return call('PATCH', `messages/${message.id}`, { body: { content }, version: message.version })
}

/** Take a message out of its branch; with `subtree` everything after it too. */
export function deleteMessage(id: string, subtree: boolean): Promise<void> {
  return call('DELETE', `messages/${id}`, { query: { subtree: subtree || undefined } })
}

/** Bring back what one delete took. */
export function restoreMessage(id: string): Promise<Message> {
  return call('POST', `messages/${id}/restore`)
}
