import type { LucideIcon } from 'lucide-react'
import type { ComponentProps } from 'react'
import { cx } from '../lib/class-names'

const LOOKS = {
  primary: 'border border-transparent bg-accent text-on-accent font-semibold hover:opacity-90',
  plain: 'border border-line bg-surface hover:border-soft',
  quiet: 'text-soft hover:bg-sunken hover:text-ink',
  danger: 'text-danger hover:bg-sunken',
}

export type ButtonLook = keyof typeof LOOKS

/** The look of a button, for links that act like one. */
export function buttonClass(look: ButtonLook, className?: string): string {
  return cx(
    'inline-flex min-h-9 items-center justify-center gap-2 rounded-control px-3.5 py-1.5 transition-[opacity,background-color,border-color]',
    'pointer-coarse:min-h-11 disabled:opacity-50 disabled:cursor-default',
    LOOKS[look],
    className,
  )
}

interface ButtonProps extends ComponentProps<'button'> {
  look?: ButtonLook
}

export function Button({ look = 'plain', className, type = 'button', ...rest }: ButtonProps) {
  return <button type={type} className={buttonClass(look, className)} {...rest} />
}

interface IconButtonProps extends ComponentProps<'button'> {
  icon: LucideIcon
  /** The name for assistive technology and the tooltip. */
  name: string
  size?: number
}

export function IconButton({ icon: Icon, name, size = 18, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={name}
      title={name}
      className={cx(
        'inline-grid size-8 place-items-center rounded-control text-soft transition-colors hover:bg-sunken hover:text-ink',
        'pointer-coarse:size-11 disabled:opacity-40 disabled:cursor-default disabled:hover:bg-transparent',
        className,
      )}
      {...rest}
    >
      <Icon size={size} aria-hidden />
    </button>
  )
}
