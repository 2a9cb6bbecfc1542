import { Link } from 'react-router'
import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { Failure, Skeleton } from '../../shared/ui/states'
import { Time } from '../../shared/ui/time'
import { useChatsWith } from './use-characters'

/** The last chats with a character, and the way to all of them. */
export function ChatsWith({ character }: { character: Character }) {
  const t = useText()
  const { data: chats, error, hasNextPage, isPending, refetch } = useChatsWith(character.id)
  if (isPending) return <Skeleton lines={3} />
  if (!chats) {
    return <Failure error={error} what={t('characters.chatsUnread')} onRetry={() => void refetch()} />
  }
  if (chats.length === 0) return <p className="text-soft">{t('characters.noChats')}</p>
  return (
    <div className="grid justify-items-start gap-3">
      <ul className="w-full divide-y divide-line border-line border-y">
        {chats.map(({ id, title, lastLine, updatedAt }) => (
          <li key={id} className="relative grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 py-2">
            <Link
              to={`/c/${id}`}
              className="truncate font-semibold after:absolute after:inset-0 hover:underline"
              dir="auto"
            >
              {title || t('characters.chatWith', { name: character.name })}
            </Link>
            <span className="text-small text-soft">
              <Time at={updatedAt} />
            </span>
            {lastLine && (
              <span className="col-span-full truncate text-small text-soft" dir="auto">
                {lastLine}
              </span>
            )}
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Link to={`/history?character=${character.id}`} className="text-accent underline underline-offset-2">
          {t('characters.allChats')}
        </Link>
      )}
    </div>
  )
}
