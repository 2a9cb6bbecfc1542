import { type Dispatch, type RefObject, type SetStateAction, useMemo } from 'react'
import { useNavigate } from 'react-router'
import { commands, conversations, outbox } from '../../realtime/realtime'
import { deleteMessage, forkChatSession, restoreMessage, updateMessage } from '../../shared/api/messages'
import type { Message } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { told } from '../../shared/lib/actions'
import { copyText } from '../../shared/lib/clipboard'
import { rememberPage } from '../../shared/lib/place'
import { plainText } from '../../shared/markdown/plain'
import { useNotify } from '../../shared/ui/toaster'
import { chooseBranch } from './choose-branch'
import type { Composer } from './input-form'
import type { Panel } from './panel'
import type { RowDeeds } from './row-deeds'

/** What the rows of one chat can do. The object stays the same while the chat does. */
export function useRowDeeds(
  sessionId: string,
  composer: RefObject<Composer | null>,
  startEdit: Dispatch<SetStateAction<string | null>>,
  open: (panel: Panel) => void,
  /** What is written next comes after this message; null: it begins the chat. */
  branch: (parentId: string | null) => void,
): RowDeeds {
  const notify = useNotify()
  const t = useText()
  const navigate = useNavigate()
  return useMemo(() => {
    const attempt = async (deed: Promise<unknown>, what: string) => {
      try {
        await deed
      } catch (error) {
        notify.alert(t('chat.failure', { what, why: error instanceof Error ? error.message : String(error) }))
      }
    }
    const change = async (message: Message, patch: Parameters<typeof updateMessage>[1]) => {
      const row = await updateMessage(message, patch)
      conversations.takeIn(sessionId, [row])
      return row
    }
    return told<RowDeeds>('message', {
      startEdit,
      open,
      sayAfter: ({ id }) => branch(id),
      copy: (message, plain) =>
        attempt(
          copyText(plain ? plainText(message.content) : message.content).then(() => notify.say(t('chat.copied'))),
          t('chat.copyFailed'),
        ),
      save: (message, content) =>
        attempt(
          // Meanwhile another row may be edited.
          change(message, { content }).then(() => startEdit((now) => (now === message.id ? null : now))),
          t('chat.saveFailed'),
        ),
      restore: (message, content) =>
        attempt(
          change(message, { content }).then((row) =>
            notify.say(t('chat.revisionRestored'), () =>
              attempt(change(row, { content: message.content }), t('chat.saveFailed')),
            ),
          ),
          t('chat.saveFailed'),
        ),
      mark: (message, marks) => attempt(change(message, marks), t('chat.saveFailed')),
      fork: (message) => {
        const isStillHere = rememberPage()
        return attempt(
          forkChatSession(message).then(({ id, title }) => {
            if (!isStillHere()) return notify.say(t('shared.copied', { name: title || t('chat.untitled') }))
            navigate(`/c/${id}`)
            notify.say(t('chat.forked'))
          }),
          t('chat.forkFailed'),
        )
      },
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
      select: (siblingId) => attempt(chooseBranch(sessionId, siblingId), t('chat.selectFailed')),
      swipe: (message, instruction) => attempt(commands.swipe(message.id, instruction), t('chat.swipeFailed')),
      stop: (message) => attempt(commands.stop(message.id), t('chat.stopFailed')),
      retry: (message) => attempt(commands.retry(message), t('chat.retryFailed')),
      goOn: (message) => attempt(commands.continue(message), t('chat.continueFailed')),
      remedySaying: (saying, remedy) => {
        if (remedy === 'say again') {
          outbox.sayAgain(saying)
          return
        }
        void outbox.discard(saying.id)
        if (remedy !== 'edit') return
        if (saying.parentId !== undefined) branch(saying.parentId)
        composer.current?.insert(saying.content)
      },
    })
  }, [sessionId, composer, startEdit, open, branch, notify, navigate, t])
}
