import { useLayoutEffect, useRef } from 'react'
import type { Problem } from '../../shared/api/problem'
import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { useNotify } from '../../shared/ui/toaster'
import { useArchiveCharacter, useDeleteCharacter, useRestoreCharacter } from './use-characters'

export interface Removal {
  /** Put the character into the trash; `then` when it is there and whoever asked for it still is. */
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
  const here = useRef(false)
  useLayoutEffect(() => {
    here.current = true
    return () => {
      here.current = false
    }
  }, [])
  // Promises, because who acted may be gone when the server answers: the card with its character, the page with a click.
  const setArchived = (archived: boolean) => {
    const done = () => {
      remove.reset()
      notify.say(t(archived ? 'characters.wasArchived' : 'characters.isBack', { name }), () => setArchived(!archived))
    }
    archive.mutateAsync(archived).then(done, onError)
  }
  const bringBack = () => void restore.mutateAsync(id).catch(onError)
  const inUse = isInUse(remove.error) ? remove.error : null
  return {
    remove: (then) => {
      const done = () => notify.say(t('characters.inTrash', { name }), bringBack)
      const refused = (error: Problem) => isInUse(error) || onError(error)
      const gone = () => {
        if (here.current) then?.()
        done()
      }
      remove.mutateAsync().then(gone, refused)
    },
    archive: setArchived,
    busy: remove.isPending || archive.isPending,
    refused: inUse && { chats: chatsOf(inUse) },
    seen: () => remove.reset(),
  }
}

function isInUse(error: Problem | null): error is Problem {
  return error?.body.code === 'character_in_use'
}

/** The refusal's own member. */
function chatsOf({ body }: Problem): number {
  return 'chats' in body && typeof body.chats === 'number' ? body.chats : 0
}
