import type { ReactNode } from 'react'
import { cx } from '../src/shared/lib/class-names'

/** One room of the gallery. */
export function Room({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section aria-label={name} className="grid grid-cols-[minmax(0,1fr)] gap-6 pt-10">
      <h2 className="font-semibold font-story text-display">{name}</h2>
      {children}
    </section>
  )
}

interface ExhibitProps {
  /** What is shown, in the words of the code. */
  of: string
  /** Things that stand beside each other. */
  inline?: boolean
  children: ReactNode
}

/** One thing that is shown, below its name. */
export function Exhibit({ of, inline = false, children }: ExhibitProps) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <h3 className="font-mono text-faint text-small">{of}</h3>
      <div className={cx(inline && 'flex flex-wrap items-center gap-3')}>{children}</div>
    </div>
  )
}
