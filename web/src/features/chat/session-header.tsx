import { Link } from 'react-router'
import { PageTitle } from '../../shared/ui/page-title'

interface SessionHeaderProps {
  title: string
  character: { id: string; name: string } | null
  worldTime?: string | null | undefined
  /** The reader is writing here already: leave the focus where it is. */
  keepFocus: boolean
}

export function SessionHeader({ title, character, worldTime, keepFocus }: SessionHeaderProps) {
  return (
    <header className="flex min-h-16 items-center border-line border-b px-4 py-2.5 group-data-[sidebar=hidden]/shell:pl-14 sm:px-6">
      <div className="min-w-0">
        <PageTitle keepFocus={keepFocus} className="truncate font-semibold font-story text-story leading-tight">
          {title}
        </PageTitle>
        <p className="truncate text-small text-soft" dir="auto">
          {character && (
            <Link to={`/characters/${character.id}`} className="hover:text-ink hover:underline">
              {character.name}
            </Link>
          )}
          {character && worldTime && ' · '}
          {worldTime}
        </p>
      </div>
    </header>
  )
}
