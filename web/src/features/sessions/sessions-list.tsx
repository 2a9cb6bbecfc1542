import { useMemo, useRef } from 'react'
import { shallowEqual, useSelector } from 'react-redux'
import { useParams } from 'react-router'
import { isAnswering } from '../../realtime/conversations'
import type { RootState } from '../../realtime/store'
import { useCharacters } from '../../shared/api/characters'
import type { Session } from '../../shared/api/sessions'
import { useText } from '../../shared/i18n/text'
import { dayGroup } from '../../shared/lib/time'
import { useVirtualRows } from '../../shared/lib/virtual-rows'
import { Button } from '../../shared/ui/button'
import { Failure, Skeleton } from '../../shared/ui/states'
import { SessionItem } from './session-item'
import { titleOf } from './session-title'
import { useSessionDeeds } from './use-session-deeds'
import { usePinnedSessions, useSidebarSessions } from './use-sessions'

const useAppSelector = useSelector.withTypes<RootState>()

/** A row of three lines, and the heading above the first of a group, until they are measured. */
const ITEM_PX = 78
const HEADING_PX = 44

/** All chats that are not archived: the pinned ones, then the others by day, newest first. */
export function SessionsList() {
  const t = useText()
  const box = useRef<HTMLDivElement>(null)
  const sessions = useSidebarSessions()
  const pinned = usePinnedSessions()
  const { data: characters } = useCharacters()
  const answering = useAppSelector(answeringChats, shallowEqual)
  const deeds = useSessionDeeds()
  const { id: current } = useParams()

  const { fetchNextPage, hasNextPage, isFetchingNextPage, isFetchNextPageError } = sessions
  const listed = useMemo(
    () => placed(pinned.data ?? [], sessions.data ?? [], t('sessions.pinned')),
    [pinned.data, sessions.data, t],
  )
  const { list, rows } = useVirtualRows({
    box,
    keys: useMemo(() => listed.map(({ session }) => session.id), [listed]),
    estimate: (index) => ITEM_PX + (listed[index]?.heading ? HEADING_PX : 0),
    onApproach: () => {
      if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage()
    },
  })

  return (
    <div ref={box} className="h-full overflow-y-auto overscroll-contain px-2 pb-4">
      {sessions.isPending && <Skeleton lines={6} className="p-2 pt-4" />}
      {sessions.error && !sessions.data && (
        <div className="py-2">
          <Failure error={sessions.error} what={t('sessions.unread')} onRetry={() => void sessions.refetch()} />
        </div>
      )}
      {sessions.data && listed.length === 0 && <p className="px-2 py-4 text-small text-soft">{t('sessions.none')}</p>}
      <ul {...list}>
        {rows.map(({ index, props }) => {
          const { session, heading } = listed[index] as Placed
          const character = characters && (characters.items.find(({ id }) => id === session.characterId) ?? null)
          const title = titleOf(session, character ?? null, t)
          return (
            <li key={session.id} {...props}>
              {heading && <h2 className="px-2 pt-4 pb-2 font-semibold text-small text-soft">{heading}</h2>}
              <SessionItem
                session={session}
                title={title}
                character={character}
                current={session.id === current}
                answering={answering.includes(session.id) || session.answering}
                onRename={(changed) => deeds.rename(session, changed)}
                onPin={() => deeds.pin(session)}
                onArchive={() => deeds.archive(session, title)}
                onDelete={() => deeds.remove(session, title, session.id === current)}
              />
            </li>
          )
        })}
      </ul>
      {hasNextPage && (
        <Button
          look="quiet"
          className="mt-2 w-full text-small"
          disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {t(isFetchingNextPage ? 'sessions.reading' : 'sessions.older')}
        </Button>
      )}
    </div>
  )
}

interface Placed {
  session: Session
  /** Of the group that begins with this chat. */
  heading: string | null
}

function placed(pinned: readonly Session[], all: readonly Session[], pinnedHeading: string): Placed[] {
  const others = all.filter((session) => !session.pinned)
  const groups = [...pinned.map(() => pinnedHeading), ...others.map(({ updatedAt }) => dayGroup(updatedAt))]
  return [...pinned, ...others].map((session, place) => {
    const group = groups[place] ?? ''
    return { session, heading: group === groups[place - 1] ? null : group }
  })
}

/** The chats of which this tab has heard that they answer, before any list can. Of those that it has left it hears nothing. */
function answeringChats({ chats }: RootState): string[] {
  return Object.values(chats).flatMap(({ state }) => (isAnswering(state) ? [state.sessionId] : []))
}
