import { Check, CircleAlert, Clock, CornerDownRight, Pencil, RotateCcw, Send, Trash2, X } from 'lucide-react'
import { useId, useState } from 'react'
import { cx } from '../../shared/lib/class-names'
import { Button } from '../../shared/ui/button'
import type { Remedy, StateWords } from './state-words'

const REMEDIES = {
  continue: { name: 'Continue', icon: CornerDownRight },
  retry: { name: 'Retry', icon: RotateCcw },
  'say again': { name: 'Send again', icon: Send },
  edit: { name: 'Edit', icon: Pencil },
  discard: { name: 'Discard', icon: Trash2 },
} as const

interface RowStateProps {
  state: StateWords
  onRemedy: (remedy: Remedy) => void
  className?: string
}

/** Where a message stands, beside it, with what can be done about it. */
export function RowState({ state, onRemedy, className }: RowStateProps) {
  const [open, setOpen] = useState(false)
  const detailsId = useId()
  if (!state.words) return null
  const Icon = iconOf(state)
  return (
    <div className={cx('text-small text-soft', className)}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span
          role={state.tone === 'danger' ? 'alert' : undefined}
          className={cx(
            'flex items-center gap-1.5',
            state.tone === 'danger' && 'text-danger',
            state.tone === 'warn' && 'text-warn',
          )}
        >
          <Icon size={15} aria-hidden />
          {state.words}
        </span>
        {state.remedies.map((remedy) => {
          const { name, icon: RemedyIcon } = REMEDIES[remedy]
          return (
            <Button key={remedy} className="min-h-8 px-2.5 py-1" onClick={() => onRemedy(remedy)}>
              <RemedyIcon size={15} aria-hidden />
              {name}
            </Button>
          )
        })}
        {state.details && (
          <button
            type="button"
            className="underline underline-offset-2 hover:text-ink"
            aria-expanded={open}
            aria-controls={detailsId}
            onClick={() => setOpen(!open)}
          >
            Details
          </button>
        )}
      </div>
      {state.details && open && (
        <p id={detailsId} className="mt-1 break-words font-mono">
          {state.details}
        </p>
      )}
    </div>
  )
}

function iconOf({ tone, words }: StateWords) {
  if (tone === 'danger') return X
  if (tone === 'warn') return CircleAlert
  return words === 'stored' || words === 'stopped here' ? Check : Clock
}
