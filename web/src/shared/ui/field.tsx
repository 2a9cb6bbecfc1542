import { type ComponentProps, type ReactNode, useId } from 'react'
import { cx } from '../lib/class-names'

const CONTROL =
  'w-full rounded-control border border-soft/60 bg-surface px-3 py-2 hover:border-soft aria-invalid:border-danger disabled:opacity-60'

interface Labelled {
  label: string
  hint?: ReactNode
  error?: string | undefined
}

interface FieldProps extends Labelled {
  children: (control: {
    id: string
    'aria-invalid': boolean
    'aria-describedby': string | undefined
    className: string
  }) => ReactNode
}

/** A label, its control, a hint, and the error that belongs to it, tied together for assistive technology. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId()
  const describedBy = cx(hint ? `${id}-hint` : null, error ? `${id}-error` : null) || undefined
  return (
    <div className="grid content-start gap-1.5">
      <label htmlFor={id} className="font-semibold">
        {label}
      </label>
      {children({ id, 'aria-invalid': Boolean(error), 'aria-describedby': describedBy, className: CONTROL })}
      {hint && (
        <p id={`${id}-hint`} className="text-small text-soft">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-danger text-small">
          {error}
        </p>
      )}
    </div>
  )
}

export function TextField({ label, hint, error, ...rest }: Labelled & ComponentProps<'input'>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => <input {...control} {...rest} />}
    </Field>
  )
}

export function TextArea({ label, hint, error, className, ...rest }: Labelled & ComponentProps<'textarea'>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <textarea
          {...control}
          {...rest}
          className={cx(control.className, 'field-sizing-content max-h-96 min-h-20', className)}
        />
      )}
    </Field>
  )
}
