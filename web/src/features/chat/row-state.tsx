import {
  Check,
  CircleAlert,
  Clock,
  CornerDownRight,
  type LucideIcon,
  Pencil,
  RotateCcw,
  Send,
  Trash2,
  X,
} from 'lucide-react'
import { useId, useState } from 'react'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { Button } from '../../shared/ui/button'
import type { Remedy, StateWords } from './state-words'

const REMEDIES: Record<Remedy, { name: MessageKey; icon: LucideIcon }> = {
  continue: { name: 'chat.continue', icon: CornerDownRight },
  retry: { name: 'chat.retry', icon: RotateCcw },
  'say again': { name: 'chat.sendAgain', icon: Send },
  edit: { name: 'chat.edit', icon: Pencil },
  discard: { name: 'chat.discard', icon: Trash2 },
}

interface RowStateProps {
  state: StateWords
  onRemedy: (remedy: Remedy) => void
  className?: string
}

/** Where a message stands, beside it, with what can be done about it. */
export function RowState({ state, onRemedy, className }: RowStateProps) {
  const t = useText()
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
              {t(name)}
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
            {t('chat.details')}
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

function iconOf({ tone, settled }: StateWords) {
  if (tone === 'danger') return X
  if (tone === 'warn') return CircleAlert
  return settled ? Check : Clock
}
