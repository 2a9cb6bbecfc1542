import { type MutationKey, useMutationState } from '@tanstack/react-query'
import { Check, Clock } from 'lucide-react'
import { useState } from 'react'
import { Problem } from '../../shared/api/problem'
import { useText } from '../../shared/i18n/text'
import { interfaceChange } from '../../shared/theme/use-interface'

interface SavedProps {
  /** Which changes to look at: those of the pages, of the settings or of the preferences. */
  of?: MutationKey
  /** The member whose newest change is told. */
  member: string
}

/** What became of the newest change of one setting, made since it is in sight. */
export function Saved({ of = interfaceChange, member }: SavedProps) {
  const t = useText()
  const [since] = useState(() => Date.now())
  const newest = useMutationState({
    filters: {
      mutationKey: of,
      predicate: ({ state }) => state.submittedAt >= since && touches(state.variables, member),
    },
    select: ({ state: { status, isPaused, error } }) => ({ status, isPaused, error }),
  }).at(-1)
  const waits = newest?.isPaused || (of === interfaceChange && newest?.status === 'error' && maySucceed(newest.error))
  return (
    <span role="status" className="inline-flex min-h-6 items-center gap-1 text-small text-soft">
      {newest?.status === 'success' && (
        <>
          <Check size={15} aria-hidden className="text-good" />
          {t('settings.saved')}
        </>
      )}
      {waits && (
        <>
          <Clock size={15} aria-hidden />
          {t('settings.kept')}
        </>
      )}
      {newest?.status === 'error' && !waits && <span className="text-danger">{newest.error?.message}</span>}
    </span>
  )
}

function touches(variables: unknown, member: string): boolean {
  return typeof variables === 'object' && variables !== null && member in variables
}

/** Such a change is kept, and sent again when the server can be read. */
function maySucceed(error: unknown): boolean {
  return error instanceof Problem && (error.body.status === 0 || error.body.retryable === true)
}
