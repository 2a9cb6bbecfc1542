import { cx } from '../lib/class-names'

/** Why something was not done, where it was asked for. */
export function Refusal({ error, className }: { error: Pick<Error, 'message'> | null; className?: string }) {
  if (!error) return null
  return (
    <p role="alert" className={cx('text-danger', className)}>
      {error.message}
    </p>
  )
}
