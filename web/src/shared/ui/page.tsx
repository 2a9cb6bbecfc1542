import { type ReactNode, useRef } from 'react'
import { useKeptScroll } from '../lib/kept-scroll'
import { PageTitle } from './page-title'

interface PageProps {
  title: string
  /** One sentence below the title. */
  lead?: ReactNode
  actions?: ReactNode
  children: ReactNode
}

/** A page of the app beside the chat: a heading, a measure wide enough for cards, room to breathe. */
export function Page({ title, lead, actions, children }: PageProps) {
  const box = useRef<HTMLDivElement>(null)
  useKeptScroll(box)
  return (
    <div ref={box} className="h-full overflow-y-auto">
      <div className="mx-auto max-w-3xl px-4 pt-16 pb-16 sm:px-8 lg:pt-12">
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
