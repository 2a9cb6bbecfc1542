import { type RefObject, useMemo } from 'react'
import { conversations } from '../../realtime/realtime'
import { deleteMessage, restoreMessage, updateMessage } from '../../shared/api/messages'
import { updateChatSession } from '../../shared/api/sessions'
import { useNotify } from '../../shared/ui/toaster'
import type { Composer } from './input-form'
import type { RowDeeds } from './message'

/** What the rows of one chat can do. The object stays the same while the chat does. */
export function useRowDeeds(
  sessionId: string,
  composer: RefObject<Composer | null>,
  startEdit: (id: string | null) => void,
): RowDeeds {
  const notify = useNotify()
  return useMemo(() => {
    const attempt = (deed: Promise<unknown>, what: string) => {
      deed.catch((error: unknown) => notify.alert(`${what}: ${error instanceof Error ? error.message : String(error)}`))
    }
    return {
      startEdit,
      copy: (message) =>
        attempt(
          navigator.clipboard.writeText(message.content).then(() => notify.say('Copied')),
          'The text could not be copied',
        ),
      save: (message, content) =>
        attempt(
          updateMessage(message, content).then((row) => {
            conversations.takeIn(sessionId, [row])
            startEdit(null)
          }),
          'The change was not saved',
        ),
      sayInstead: (message, content) => {
        startEdit(null)
        void conversations.say({ sessionId, content, parentId: message.parent_id })
      },
      remove: (message, subtree) =>
        attempt(
          deleteMessage(message.id, subtree).then(() => {
            composer.current?.focus()
            notify.say(subtree ? 'Messages deleted' : 'Message deleted', () =>
              attempt(restoreMessage(message.id), 'It could not be brought back'),
            )
          }),
          'The message was not deleted',
        ),
      select: (siblingId) =>
        attempt(
          updateChatSession(sessionId, { active_leaf_id: siblingId }).then((row) => conversations.takeInSession(row)),
          'The other version cannot be shown',
        ),
      swipe: (message) => attempt(conversations.swipe(message.id), 'No other version was asked for'),
      stop: (message) => attempt(conversations.stop(message.id), 'The reply could not be stopped'),
      retry: (message) => attempt(conversations.retry(message), 'The reply was not tried again'),
      goOn: (message) => attempt(conversations.continue(message), 'The reply does not go on'),
      remedySaying: (saying, remedy) => {
        if (remedy === 'say again') {
          void conversations.sayAgain(saying)
          return
        }
        conversations.discard(saying)
        if (remedy === 'edit') composer.current?.insert(saying.content)
      },
    }
  }, [sessionId, composer, startEdit, notify])
}
