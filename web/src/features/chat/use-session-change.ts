import { useMutation } from '@tanstack/react-query'
import { type ChangeEvent, useEffect, useEffectEvent, useState } from 'react'
import { conversations } from '../../realtime/realtime'
import type { Problem } from '../../shared/api/problem'
import type { components } from '../../shared/api/schema.gen'
import { updateChatSession } from '../../shared/api/sessions'
import type { SessionRow } from '../../shared/api/wire'

const SAVE_AFTER_MS = 600

/** What the reader can set of a chat. */
type Settable = Exclude<
  keyof components['schemas']['SessionChange'] & keyof SessionRow,
  'active_leaf_id' | 'last_read_seq'
>
type TextField = 'title' | 'user_persona' | 'world_time'

/** One thing of a chat, as it is or is about to be; a refusal belongs to it alone. */
export function useSessionField<Field extends Settable>(session: SessionRow, field: Field) {
  const { mutate, error, isPending, variables } = useMutation<SessionRow, Problem, SessionRow[Field]>({
    // One after the other, so that the last choice is the one that stays.
    scope: { id: `session ${session.id}` },
    mutationFn: (value) => updateChatSession(session.id, { [field]: value }),
    onSuccess: (row) => conversations.takeInSession(row),
  })
  return {
    value: isPending ? variables : session[field],
    save: mutate,
    error: error ? (error.field(`/${field}`) ?? error.message) : undefined,
  }
}

/**
 * A text of a chat, saved as soon as the reader pauses or leaves it, and what its control needs.
 *
 * @param sound whether a text can be saved.
 */
export function useSessionText(session: SessionRow, field: TextField, sound: (text: string) => boolean) {
  const { save, error } = useSessionField(session, field)
  const stored = session[field]
  const [known, setKnown] = useState(stored)
  const [text, setText] = useState(stored)
  /** What the server has or was asked to have: nothing is asked for twice. */
  const [asked, setAsked] = useState(stored)
  if (stored !== known) {
    setKnown(stored)
    setAsked(stored)
    if (text === known) setText(stored)
  }

  function keep() {
    if (text === asked || !sound(text)) return
    setAsked(text)
    save(text, { onError: () => setAsked(stored) })
  }
  const keepNow = useEffectEvent(keep)
  // biome-ignore lint/correctness/useExhaustiveDependencies: every change of the text begins the pause anew
  useEffect(() => {
    const timer = setTimeout(() => keepNow(), SAVE_AFTER_MS)
    return () => clearTimeout(timer)
  }, [text])
  useEffect(() => () => keepNow(), [])

  const control = {
    value: text,
    error,
    dir: 'auto',
    onChange: ({ target }: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => setText(target.value),
    onBlur: keep,
  }
  return { text, control }
}
