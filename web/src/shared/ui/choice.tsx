import { type ReactNode, useId } from 'react'

interface ChoiceProps<Value extends string> {
  label: string
  hint?: ReactNode
  value: Value
  options: { value: Value; name: string; sample?: ReactNode }[]
  onChange: (value: Value) => void
  /** What became of the last choice, after the options. */
  note?: ReactNode
}

/** One of a few, all of them in sight. */
export function Choice<Value extends string>({ label, hint, value, options, onChange, note }: ChoiceProps<Value>) {
  const id = useId()
  return (
    // Whatever surrounds it spaces the box: a legend stands above the padding of its own group.
    <div>
      <fieldset aria-describedby={hint ? `${id}-hint` : undefined} className="min-w-0">
        <legend className="mb-1.5 font-semibold">{label}</legend>
        {hint && (
          <p id={`${id}-hint`} className="mb-2 max-w-[60ch] text-small text-soft">
            {hint}
          </p>
        )}
        <div className="flex flex-wrap items-center gap-2">
          {options.map((option) => (
            <label
              key={option.value}
              className="flex min-h-9 cursor-pointer items-center gap-2 rounded-control border border-line bg-surface px-3 py-1.5 transition-colors hover:border-soft has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2 has-checked:border-accent has-checked:bg-accent-soft pointer-coarse:min-h-11"
            >
              <input
                type="radio"
                name={id}
                value={option.value}
                checked={option.value === value}
                onChange={() => onChange(option.value)}
                className="size-4 shrink-0 accent-accent outline-none"
              />
              {option.sample}
              {option.name}
            </label>
          ))}
          {note}
        </div>
      </fieldset>
    </div>
  )
}
