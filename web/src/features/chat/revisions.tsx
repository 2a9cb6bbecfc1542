import { useQuery } from '@tanstack/react-query'
import { RotateCcw } from 'lucide-react'
import { getRevisions } from '../../shared/api/messages'
import type { Message } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { Markdown } from '../../shared/markdown/markdown'
import { Button } from '../../shared/ui/button'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { Time } from '../../shared/ui/time'

interface RevisionsProps {
  message: Message
  onRestore: (content: string) => void
}

/** What a message said before, the newest first. Bringing one back keeps the present text as another. */
export function Revisions({ message, onRestore }: RevisionsProps) {
  const t = useText()
  const { data, error, refetch } = useQuery({
    queryKey: ['messages', message.id, 'revisions', message.version],
    queryFn: () => getRevisions(message.id),
    // The list stays while that of the next version is read.
    placeholderData: (before) => before,
  })
  if (error && !data) return <Failure error={error} what={t('chat.revisionsFailed')} onRetry={() => void refetch()} />
  if (!data) return <Skeleton lines={6} />
  if (data.items.length === 0) return <Empty>{t('chat.revisionsNone')}</Empty>
  return (
    <ol className="grid gap-6">
      {data.items.toReversed().map(({ version, content, created_at }) => (
        <li key={version} className="grid justify-items-start gap-2 border-line border-b pb-6 last:border-0">
          <p className="text-small text-soft">
            {t.rich('chat.revisionUntil', { when: <Time at={new Date(created_at)} /> })}
          </p>
          <div className="tale w-full">
            <Markdown text={content} />
          </div>
          <Button className="min-h-8 px-2.5 py-1 text-small" onClick={() => onRestore(content)}>
            <RotateCcw size={15} aria-hidden />
            {t('chat.revisionRestore')}
          </Button>
        </li>
      ))}
    </ol>
  )
}
