import { RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { dayHeading } from '../../shared/lib/time'
import { Button } from '../../shared/ui/button'
import { Ask } from '../../shared/ui/dialog'
import { Page } from '../../shared/ui/page'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { Time } from '../../shared/ui/time'
import { useNotify } from '../../shared/ui/toaster'
import { type TrashItem, useEmptyTrash, useRestore, useTrash } from './use-trash'

/** What each kind is called. */
const KIND: Record<TrashItem['kind'], MessageKey> = {
  session: 'trash.session',
  character: 'trash.character',
  profile: 'trash.profile',
  model: 'trash.model',
  prompt: 'trash.prompt',
}

/** What was deleted and can still come back. */
export function TrashPage() {
  const t = useText()
  const trash = useTrash()
  const { data: items = [], error, fetchNextPage, hasNextPage, isFetchingNextPage } = trash
  return (
    <Page title={t('trash.title')} lead={t('trash.lead')} actions={<EmptyTrash any={items.length > 0} />}>
      {trash.isPending && <Skeleton lines={5} />}
      {error && !trash.data && <Failure error={error} what={t('trash.unread')} onRetry={() => void trash.refetch()} />}
      {trash.data && items.length === 0 && <Empty>{t('trash.empty')}</Empty>}
      {items.length > 0 && (
        <ul className="divide-y divide-line border-line border-y">
          {items.map((item) => (
            <TrashRow key={item.id} item={item} />
          ))}
        </ul>
      )}
      {hasNextPage && (
        <Button className="mt-4" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('trash.more')}
        </Button>
      )}
    </Page>
  )
}

function EmptyTrash({ any }: { any: boolean }) {
  const t = useText()
  const notify = useNotify()
  const [asking, setAsking] = useState(false)
  const { start, job, underWay } = useEmptyTrash()
  if (underWay) {
    return (
      <p role="status" className="text-soft">
        {t('trash.deleting', { n: job?.done ?? 0 })}
      </p>
    )
  }
  if (!any) return null
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        <Trash2 size={18} aria-hidden />
        {t('trash.deleteAll')}
      </Button>
      <Ask
        open={asking}
        title={t('trash.deleteAllTitle')}
        confirm={t('trash.deleteAllConfirm')}
        cancel={t('trash.keep')}
        onConfirm={() => {
          setAsking(false)
          start.mutate(undefined, { onError: (error) => notify.alert(error.message) })
        }}
        onCancel={() => setAsking(false)}
      >
        {t('trash.deleteAllWords')}
      </Ask>
    </>
  )
}

function TrashRow({ item }: { item: TrashItem }) {
  const t = useText()
  const notify = useNotify()
  const restore = useRestore(item)
  const name = item.name || t('trash.untitled')
  return (
    <li className="flex items-center gap-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="truncate font-semibold" dir="auto">
          {name}
        </p>
        <p className="text-small text-soft">
          {t.rich('trash.deleted', {
            kind: t(KIND[item.kind]),
            when: <Time at={new Date(item.deleted_at)} />,
            day: dayHeading(new Date(item.purged_at)),
          })}
        </p>
      </div>
      <Button
        disabled={restore.isPending}
        aria-label={t('trash.restoreName', { name })}
        onClick={() =>
          // A promise, because the row goes with what is back.
          restore.mutateAsync().then(
            () => notify.say(t('trash.isBack', { name })),
            (error) => notify.alert(error.message),
          )
        }
      >
        <RotateCcw size={18} aria-hidden />
        {t('trash.restore')}
      </Button>
    </li>
  )
}
