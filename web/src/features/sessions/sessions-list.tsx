import { shallowEqual, useSelector } from 'react-redux'
import { useNavigate, useParams } from 'react-router'
import { isAnswering } from '../../realtime/conversations'
import type { RootState } from '../../realtime/store'
import { useCharacters } from '../../shared/api/characters'
import type { Session } from '../../shared/api/sessions'
import { dayGroup } from '../../shared/lib/time'
import { Button } from '../../shared/ui/button'
import { Failure, Skeleton } from '../../shared/ui/states'
import { useNotify } from '../../shared/ui/toaster'
import { SessionItem } from './session-item'
import { useDeleteSession, useRenameSession, useRestoreSession, useSessions } from './use-sessions'

const useAppSelector = useSelector.withTypes<RootState>()

/** All chats by day, newest first. */
export function SessionsList() {
  const sessions = useSessions()
  const { data: characters } = useCharacters()
  const answering = useAppSelector(answeringSessions, shallowEqual)
  const deeds = useSessionDeeds()
  const { id: current } = useParams()

  if (sessions.isPending) return <Skeleton lines={6} className="p-4" />
  if (sessions.isError) {
    return (
      <div className="p-2">
        <Failure error={sessions.error} what="The chats could not be read" onRetry={() => void sessions.refetch()} />
      </div>
    )
  }
  if (sessions.data.length === 0) return <p className="px-2 py-4 text-small text-soft">Your chats will stand here.</p>

  return (
    <>
      {groupsOf(sessions.data).map(([day, group]) => (
        <section key={day} aria-label={day}>
          <h2 className="px-2 pt-4 pb-2 font-semibold text-small text-soft">{day}</h2>
          <ul>
            {group.map((session) => (
              <SessionItem
                key={session.id}
                session={session}
                character={characters?.items.find(({ id }) => id === session.characterId) ?? null}
                current={session.id === current}
                answering={answering.includes(session.id)}
                onRename={(title) => deeds.rename(session, title)}
                onDelete={() => deeds.remove(session, session.id === current)}
              />
            ))}
          </ul>
        </section>
      ))}
      {sessions.hasNextPage && (
        <Button
          look="quiet"
          className="mt-2 w-full text-small"
          disabled={sessions.isFetchingNextPage}
          onClick={() => void sessions.fetchNextPage()}
        >
          {sessions.isFetchingNextPage ? 'Reading…' : 'Older chats'}
        </Button>
      )}
    </>
  )
}

function useSessionDeeds() {
  const rename = useRenameSession()
  const remove = useDeleteSession()
  const restore = useRestoreSession()
  const notify = useNotify()
  const navigate = useNavigate()
  const onError = (error: Error) => notify.alert(error.message)
  return {
    rename: ({ id }: Session, title: string) => rename.mutate({ id, title }, { onError }),
    remove: ({ id, title }: Session, leave: boolean) => {
      if (leave) navigate('/new')
      remove.mutate(id, {
        onError,
        onSuccess: () =>
          notify.say(`“${title || 'Untitled chat'}” is in the trash`, () => restore.mutate(id, { onError })),
      })
    },
  }
}

function answeringSessions(state: RootState): string[] {
  return Object.values(state.chats).flatMap(({ state: chat }) => (isAnswering(chat) ? [chat.sessionId] : []))
}

function groupsOf(sessions: readonly Session[]): [string, Session[]][] {
  return [...Map.groupBy(sessions, ({ updatedAt }) => dayGroup(updatedAt))]
}
