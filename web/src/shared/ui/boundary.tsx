import { RotateCcw } from 'lucide-react'
import { Component, type ReactNode } from 'react'
import { useText } from '../i18n/text'
import { Button } from './button'

interface BoundaryProps {
  /** What stands there instead; `again` tries once more. */
  instead: (again: () => void) => ReactNode
  children: ReactNode
}

/** Holds back a fault of what is inside: everything beside it stays as it is. */
export class Boundary extends Component<BoundaryProps, { broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError() {
    return { broken: true }
  }

  override render() {
    return this.state.broken ? this.props.instead(() => this.setState({ broken: false })) : this.props.children
  }
}

/** A part of the page that may break by itself; `name` says which. */
export function Region({ name, children }: { name: string; children: ReactNode }) {
  const t = useText()
  return (
    <Boundary
      instead={(again) => (
        <div role="alert" className="grid min-w-0 content-start justify-items-start gap-3 p-4 text-small">
          <p>{t('shared.regionBroken', { name })}</p>
          <Button onClick={again}>
            <RotateCcw size={15} aria-hidden />
            {t('shared.tryAgain')}
          </Button>
        </div>
      )}
    >
      {children}
    </Boundary>
  )
}

/** A row that cannot be drawn shows its text as it is stored. */
export function RawRow({ text, children }: { text: string; children: ReactNode }) {
  const t = useText()
  return (
    <Boundary
      instead={() => (
        <div className="grid gap-1">
          <p className="text-small text-warn">{t('shared.rowBroken')}</p>
          <p dir="auto" className="whitespace-pre-wrap break-words">
            {text}
          </p>
        </div>
      )}
    >
      {children}
    </Boundary>
  )
}
