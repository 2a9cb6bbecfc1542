import { SlidersHorizontal } from 'lucide-react'
import { Link } from 'react-router'
import { useText } from '../../shared/i18n/text'
import { IconButton } from '../../shared/ui/button'
import { PageTitle } from '../../shared/ui/page-title'

interface SessionHeaderProps {
  title: string
  character: { id: string; name: string } | null
  worldTime?: string | null | undefined
  /** The reader is writing here already: leave the focus where it is. */
  keepFocus: boolean
  /** Opens the chat's settings; a chat that has not begun has none. */
  onSettings?: (from: HTMLElement) => void
}

export function SessionHeader({ title, character, worldTime, keepFocus, onSettings }: SessionHeaderProps) {
  const t = useText()
  return (
    <header className="flex min-h-16 items-center gap-3 border-line border-b px-4 py-2.5 sm:px-6 group-data-[sidebar=hidden]/shell:ps-24">
      <div className="min-w-0 flex-1">
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
      {onSettings && (
        <IconButton
          icon={SlidersHorizontal}
          name={t('chat.settings')}
          onClick={(event) => onSettings(event.currentTarget)}
        />
      )}
    </header>
  )
}
