import { useInterface } from '../theme/use-interface'
import { type Command, chordFor, labels } from './keymap'

/** The keys of a command as they are now; nothing when it has none. */
export function Chord({ command }: { command: Command }) {
  const [{ keys }] = useInterface()
  return <ChordKeys chord={chordFor(command, keys)} />
}

interface ChordKeysProps {
  chord: string | null
  /** What stands there without keys. */
  none?: string
}

export function ChordKeys({ chord, none }: ChordKeysProps) {
  if (chord === null) return none && <span className="text-small text-soft">{none}</span>
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
