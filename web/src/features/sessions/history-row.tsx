import { Archive, type LucideIcon, Pin } from 'lucide-react'
import type { ComponentProps } from 'react'
import { Link } from 'react-router'
import type { Session } from '../../shared/api/sessions'
import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { number } from '../../shared/lib/numbers'
import { Portrait } from '../../shared/ui/portrait'
import { Time } from '../../shared/ui/time'
import { titleOf } from './session-title'

/** A card; in a wide list the columns of a table. */
export const HISTORY_COLUMNS =
  'grid grid-cols-[2.25rem_minmax(0,1fr)] items-center gap-x-3 @3xl:grid-cols-[2.25rem_minmax(0,1fr)_11rem_9rem_5rem_5.5rem]'

interface HistoryRowProps {
  session: Session
  character: Character | null
  /** The name of the chat's own model. */
  model: string | null
  chosen: boolean
  /** `range`: together with all between this one and the one that was pressed before. */
  onChoose: (range: boolean) => void
  /** Where the row lies. */
  place: ComponentProps<'div'>
}

export function HistoryRow({ session, character, model, chosen, onChoose, place }: HistoryRowProps) {
  const t = useText()
  const title = titleOf(session, character, t)
  const { totalMessages: n } = session
  return (
    // biome-ignore-start lint/a11y: a row of the page's table, and its cells
    <div role="row" {...place} className={cx(HISTORY_COLUMNS, 'border-line border-t py-2', chosen && 'bg-accent-soft')}>
      <span role="cell">
        <label className="grid size-9 cursor-pointer place-items-center pointer-coarse:size-11">
          <input
            type="checkbox"
            aria-label={t('sessions.choose', { title })}
            className="size-4 accent-accent"
            checked={chosen}
            onChange={({ nativeEvent }) => onChoose(nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)}
          />
        </label>
      </span>
      <span role="cell" className="min-w-0">
        <span className="flex items-center gap-2">
          <Link to={`/c/${session.id}`} className="min-w-0 truncate font-semibold hover:underline" dir="auto">
            {title}
          </Link>
          {session.pinned && <Mark icon={Pin} name={t('sessions.statePinned')} />}
          {session.archived && <Mark icon={Archive} name={t('sessions.stateArchived')} />}
          {session.answering && <Word>{t('sessions.answering')}</Word>}
          {session.unread && <Word>{t('sessions.unreadDot')}</Word>}
        </span>
        {session.lastLine && (
          <span className="block truncate text-small text-soft" dir="auto">
            {session.lastLine}
          </span>
        )}
      </span>
      <div className="col-start-2 flex min-w-0 flex-wrap items-center gap-x-4 text-small text-soft @3xl:contents">
        <span role="cell" className="flex min-w-0 items-center gap-2 @max-3xl:empty:hidden">
          {character && (
            <>
              <Portrait name={character.name} image={character.avatar_image} size="small" />
              <span className="truncate" dir="auto">
                {character.name}
              </span>
            </>
          )}
        </span>
        <span role="cell" className="truncate @max-3xl:empty:hidden">
          {model}
        </span>
        <span role="cell" className="@3xl:text-end">
          <span className="@max-3xl:hidden">{number(n)}</span>
          <span className="@3xl:hidden">{t('sessions.messages', { n })}</span>
        </span>
        <span role="cell" className="@3xl:text-end">
          <Time at={session.updatedAt} />
        </span>
      </div>
    </div>
    // biome-ignore-end lint/a11y: as above
  )
}

function Mark({ icon: Icon, name }: { icon: LucideIcon; name: string }) {
  return (
    <span role="img" aria-label={name} title={name} className="shrink-0 text-soft">
      <Icon size={15} aria-hidden />
    </span>
  )
}

function Word({ children }: { children: string }) {
  return <span className="shrink-0 rounded-full bg-accent-soft px-2 text-small">{children}</span>
}
