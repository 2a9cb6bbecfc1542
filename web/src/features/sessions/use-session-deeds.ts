import { useNavigate } from 'react-router'
import type { Session } from '../../shared/api/sessions'
import { useText } from '../../shared/i18n/text'
import { told } from '../../shared/lib/actions'
import { useNotify } from '../../shared/ui/toaster'
import { useChangeSession, useDeleteSession, useRestoreSession } from './use-sessions'

/** What the reader does to a chat where it is listed; what takes it out of sight can be undone. */
export function useSessionDeeds() {
  const t = useText()
  const change = useChangeSession()
  const remove = useDeleteSession()
  const restore = useRestoreSession()
  const notify = useNotify()
  const navigate = useNavigate()
  const onError = (error: Error) => notify.alert(error.message)
  // Promises, because who acted may be gone when the server answers: the row with its chat, the list with a click.
  const setArchived = (id: string, archived: boolean, done?: () => void) =>
    void change.mutateAsync({ id, change: { archived } }).then(done, onError)
  const bringBack = (id: string) => void restore.mutateAsync(id).catch(onError)
  return told('chat', {
    rename: ({ id }: Session, title: string) => change.mutate({ id, change: { title } }, { onError }),
    pin: ({ id, pinned }: Session) => change.mutate({ id, change: { pinned: !pinned } }, { onError }),
    archive: ({ id }: Session, title: string) =>
      setArchived(id, true, () => notify.say(t('sessions.archived', { title }), () => setArchived(id, false))),
    /** `leave`: the chat is the one that is shown. */
    remove: ({ id }: Session, title: string, leave: boolean) => {
      if (leave) navigate('/new')
      const done = () => notify.say(t('sessions.inTrash', { title }), () => bringBack(id))
      void remove.mutateAsync(id).then(done, onError)
    },
  })
}
