import { type ReactNode, useId } from 'react'

interface SwitchProps {
  label: string
  hint?: ReactNode
  checked: boolean
  disabled?: boolean
  onChange: (checked: boolean) => void
  /** What became of the last change, before the switch. */
  note?: ReactNode
}

/** Yes or no, in force at once. */
export function Switch({ label, hint, checked, disabled = false, onChange, note }: SwitchProps) {
  const id = useId()
  return (
    <div className="flex items-start gap-4">
      <div className="min-w-0 flex-1">
        <label htmlFor={id} className="font-semibold">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="mt-0.5 max-w-[60ch] text-small text-soft">
            {hint}
          </p>
        )}
      </div>
      {note}
      <span className="relative inline-grid h-6 w-11 shrink-0 pointer-coarse:my-2.5">
        <input
          id={id}
          type="checkbox"
          role="switch"
          checked={checked}
          aria-checked={checked}
          disabled={disabled}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onChange={(event) => onChange(event.target.checked)}
          className="peer size-full cursor-pointer appearance-none rounded-full border border-soft bg-surface transition-colors checked:border-accent checked:bg-accent disabled:cursor-default disabled:opacity-50"
        />
        <span
          aria-hidden
          className="pointer-events-none absolute start-1 top-1 size-4 rounded-full bg-soft transition-[inset-inline-start] peer-checked:start-6 peer-checked:bg-on-accent"
        />
      </span>
    </div>
  )
}
