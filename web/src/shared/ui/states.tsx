import { CircleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Problem } from '../api/problem'
import { useText } from '../i18n/text'
import { cx } from '../lib/class-names'
import { useDelayed } from '../lib/use-delayed'
import { Button } from './button'

const SKELETON_AFTER_MS = 200

/** Grey lines in the shape of what is coming; nothing at all for waits that end at once. */
export function Skeleton({ lines = 4, className }: { lines?: number; className?: string }) {
  const t = useText()
  if (!useDelayed(true, SKELETON_AFTER_MS)) return null
  return (
    <div role="status" aria-label={t('shared.loading')} className={cx('grid animate-fade gap-3', className)}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <div key={line} className={cx('h-4 rounded-control bg-line/60', line % 3 === 2 ? 'w-2/3' : 'w-full')} />
      ))}
    </div>
  )
}

/** What belongs here, in one sentence, and the one next step. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="grid justify-items-start gap-4 border-line border-t py-8 text-soft">
      <p className="max-w-[52ch]">{children}</p>
      {action}
    </div>
  )
}

interface FailureProps {
  error: Error
  /** What the reader was after: "The characters could not be read". */
  what: string
  onRetry?: () => void
}

/** What happened, what is safe, what to do, and the number to ask about. */
export function Failure({ error, what, onRetry }: FailureProps) {
  const t = useText()
  const request = error instanceof Problem ? error.body.request_id : null
  return (
    <div role="alert" className="grid justify-items-start gap-3 rounded-card border border-line bg-surface p-4">
      <p className="flex gap-2">
        <CircleAlert size={18} aria-hidden className="mt-0.5 text-danger" />
        <span>
          {t.rich('shared.failure', {
            what,
            strong: (words) => <strong className="font-semibold">{words}</strong>,
            why: error.message,
          })}
        </span>
      </p>
      {request && <p className="text-small text-soft">{t('shared.request', { id: request })}</p>}
      {onRetry && <Button onClick={onRetry}>{t('shared.tryAgain')}</Button>}
    </div>
  )
}
