import { useInterface } from '../theme/use-interface'
import { type Command, chordFor, labels } from './keymap'

/** The keys of a command as they are now; nothing when it has none. */
export function Chord({ command }: { command: Command }) {
  const [{ keys }] = useInterface()
  const chord = chordFor(command, keys)
  return chord === null ? null : <Keys chord={chord} />
}

export function Keys({ chord }: { chord: string }) {
  return (
    <span className="flex shrink-0 gap-1" dir="ltr">
      {labels(chord).map((label) => (
        <kbd key={label} className="rounded-[4px] border border-line bg-sunken px-1.5 font-ui text-small text-soft">
          {label}
        </kbd>
      ))}
    </span>
  )
}
