import type { Problem } from '../../shared/api/problem'
import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { useNotify } from '../../shared/ui/toaster'
import { useArchiveCharacter, useDeleteCharacter, useRestoreCharacter } from './use-characters'

export interface Removal {
  /** Put the character into the trash; `then` when it is there. */
  remove: (then?: () => void) => void
  archive: (archived: boolean) => void
  busy: boolean
  /** Deleting is refused because there are chats: how many, those in the trash included. */
  refused: { chats: number } | null
  /** The reader has seen the refusal. */
  seen: () => void
}

/** Taking a character out of sight; each way can be undone. */
export function useRemoval({ id, name }: Character): Removal {
  const t = useText()
  const notify = useNotify()
  const remove = useDeleteCharacter(id)
  const archive = useArchiveCharacter(id)
  const restore = useRestoreCharacter()
  const onError = (error: Problem) => notify.alert(error.message)
  const setArchived = (archived: boolean) =>
    archive.mutate(archived, {
      onError,
      onSuccess: () => {
        remove.reset()
        notify.say(t(archived ? 'characters.wasArchived' : 'characters.isBack', { name }), () => setArchived(!archived))
      },
    })
  const inUse = remove.error?.body.code === 'character_in_use' ? remove.error : null
  return {
    remove: (then) =>
      remove.mutate(undefined, {
        onError: (error) => error.body.code !== 'character_in_use' && onError(error),
        onSuccess: () => {
          then?.()
          notify.say(t('characters.inTrash', { name }), () => restore.mutate(id, { onError }))
        },
      }),
    archive: setArchived,
    busy: remove.isPending || archive.isPending,
    refused: inUse && { chats: chatsOf(inUse) },
    seen: () => remove.reset(),
  }
}

/** The refusal's own member. */
function chatsOf({ body }: Problem): number {
  return 'chats' in body && typeof body.chats === 'number' ? body.chats : 0
}
