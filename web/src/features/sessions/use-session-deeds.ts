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
  const setArchived = (id: string, archived: boolean, onSuccess?: () => void) =>
    change.mutate({ id, change: { archived } }, { onError, ...(onSuccess && { onSuccess }) })
  return told('chat', {
    rename: ({ id }: Session, title: string) => change.mutate({ id, change: { title } }, { onError }),
    pin: ({ id, pinned }: Session) => change.mutate({ id, change: { pinned: !pinned } }, { onError }),
    archive: ({ id }: Session, title: string) =>
      setArchived(id, true, () => notify.say(t('sessions.archived', { title }), () => setArchived(id, false))),
    /** `leave`: the chat is the one that is shown. */
    remove: ({ id }: Session, title: string, leave: boolean) => {
      if (leave) navigate('/new')
      remove.mutate(id, {
        onError,
        onSuccess: () => notify.say(t('sessions.inTrash', { title }), () => restore.mutate(id, { onError })),
      })
    },
  })
}
