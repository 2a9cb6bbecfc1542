import { type ReactNode, type RefObject, useRef } from 'react'
import { cx } from '../lib/class-names'
import { useKeptScroll } from '../lib/kept-scroll'
import { PageTitle } from './page-title'

interface PageProps {
  title: string
  /** One sentence below the title. */
  lead?: ReactNode
  actions?: ReactNode
  /** For tables and pictures, which fill what room there is. */
  wide?: boolean
  /** Gets what scrolls, for lists that draw only what is in sight. */
  box?: RefObject<HTMLDivElement | null>
  children: ReactNode
}

/** A page of the app beside the chat: a heading, a measure wide enough for cards, room to breathe. */
export function Page({ title, lead, actions, wide = false, box: given, children }: PageProps) {
  const own = useRef<HTMLDivElement>(null)
  const box = given ?? own
  useKeptScroll(box)
  return (
    <div ref={box} className="h-full overflow-y-auto">
      <div className={cx('mx-auto px-4 pt-16 pb-16 sm:px-8 lg:pt-12', wide ? 'max-w-6xl' : 'max-w-3xl')}>
        <header className="mb-8 flex flex-wrap items-end gap-x-4 gap-y-3">
          <div className="min-w-0 flex-1 basis-64">
            <PageTitle className="font-semibold font-story text-display">{title}</PageTitle>
            {lead && <p className="mt-1 max-w-[60ch] text-soft">{lead}</p>}
          </div>
          {actions}
        </header>
        {children}
      </div>
    </div>
  )
}
