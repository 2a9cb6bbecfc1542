import { type RefObject, useMemo } from 'react'
import { commands, conversations, outbox } from '../../realtime/realtime'
import { deleteMessage, restoreMessage, updateMessage } from '../../shared/api/messages'
import { updateChatSession } from '../../shared/api/sessions'
import { useText } from '../../shared/i18n/text'
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
  const t = useText()
  return useMemo(() => {
    const attempt = (deed: Promise<unknown>, what: string) => {
      deed.catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        notify.alert(t('chat.failure', { what, why }))
      })
    }
    return {
      startEdit,
      copy: (message) =>
        attempt(
          navigator.clipboard.writeText(message.content).then(() => notify.say(t('chat.copied'))),
          t('chat.copyFailed'),
        ),
      save: (message, content) =>
        attempt(
          updateMessage(message, content).then((row) => {
            conversations.takeIn(sessionId, [row])
            startEdit(null)
          }),
          t('chat.saveFailed'),
        ),
      sayInstead: (message, content) => {
        startEdit(null)
        outbox.say({ sessionId, content, parentId: message.parent_id })
      },
      remove: (message, subtree) =>
        attempt(
          deleteMessage(message.id, subtree).then(() => {
            composer.current?.focus()
            notify.say(t(subtree ? 'chat.deletedAll' : 'chat.deleted'), () =>
              attempt(restoreMessage(message.id), t('chat.restoreFailed')),
            )
          }),
          t('chat.deleteFailed'),
        ),
      select: (siblingId) =>
        attempt(
          updateChatSession(sessionId, { active_leaf_id: siblingId }).then((row) => conversations.takeInSession(row)),
          t('chat.selectFailed'),
        ),
      swipe: (message) => attempt(commands.swipe(message.id), t('chat.swipeFailed')),
      stop: (message) => attempt(commands.stop(message.id), t('chat.stopFailed')),
      retry: (message) => attempt(commands.retry(message), t('chat.retryFailed')),
      goOn: (message) => attempt(commands.continue(message), t('chat.continueFailed')),
      remedySaying: (saying, remedy) => {
        if (remedy === 'say again') {
          outbox.sayAgain(saying)
          return
        }
        void outbox.discard(saying.id)
        if (remedy === 'edit') composer.current?.insert(saying.content)
      },
    }
  }, [sessionId, composer, startEdit, notify, t])
}
