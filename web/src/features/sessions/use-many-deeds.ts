import { useQueryClient } from '@tanstack/react-query'
import { deleteChatSession, normalizeSession, restoreChatSession, updateChatSession } from '../../shared/api/sessions'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { told } from '../../shared/lib/actions'
import { useNotify } from '../../shared/ui/toaster'
import { doToMany, type ManyDeed } from './many'
import { dropSession, putSession, readAgain } from './session-pages'

type Act = (id: string) => Promise<unknown>

/** What the reader does to many chats; whatever of it was done can be undone at once. */
export function useManyDeeds() {
  const t = useText()
  const notify = useNotify()
  const queryClient = useQueryClient()

  const put: Act = async (id) => putSession(queryClient, normalizeSession(await restoreChatSession(id)))
  const setArchived = async (id: string, archived: boolean) =>
    putSession(queryClient, normalizeSession(await updateChatSession(id, { archived })))

  async function carryOut(deed: ManyDeed, ids: readonly string[], act: Act, said: MessageKey, undo?: Act) {
    const { done, problem } = await doToMany(deed, ids, act)
    if (done.length > 0) {
      const takeBack = undo && (() => void carryOut('undo', done, undo, 'sessions.manyAreBack'))
      notify.say(t(said, { n: done.length }), takeBack)
    }
    if (problem) notify.alert(problem.message)
    await readAgain(queryClient)
  }

  return told('chats', {
    remove: (ids: readonly string[]) =>
      carryOut(
        'delete',
        ids,
        async (id) => {
          await deleteChatSession(id)
          dropSession(queryClient, id)
        },
        'sessions.manyInTrash',
        put,
      ),
    archive: (ids: readonly string[]) =>
      carryOut(
        'archive',
        ids,
        (id) => setArchived(id, true),
        'sessions.manyArchived',
        (id) => setArchived(id, false),
      ),
  })
}
