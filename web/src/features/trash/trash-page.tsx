import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { RotateCcw } from 'lucide-react'
import { call } from '../../shared/api/client'
import type { Page as ListPage } from '../../shared/api/wire'
import { exactTime, shortTime } from '../../shared/lib/time'
import { Button } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { useNotify } from '../../shared/ui/toaster'

interface TrashItem {
  kind: string
  id: string
  title: string
  deleted_at: string
}

const trashKey = ['trash'] as const

/** What was deleted and can still come back. */
export function TrashPage() {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: trashKey,
    queryFn: () => call<ListPage<TrashItem>>('GET', 'trash', { query: { limit: 200 } }),
  })
  return (
    <Page title="Trash" lead="What you deleted waits here before it goes for good.">
      {isPending && <Skeleton lines={5} />}
      {error && <Failure error={error} what="The trash could not be read" onRetry={() => void refetch()} />}
      {data && data.items.length === 0 && <Empty>The trash is empty.</Empty>}
      <ul className="divide-y divide-line border-line border-t">
        {data?.items.map((item) => (
          <TrashRow key={item.id} item={item} />
        ))}
      </ul>
    </Page>
  )
}

function TrashRow({ item }: { item: TrashItem }) {
  const queryClient = useQueryClient()
  const notify = useNotify()
  const deletedAt = new Date(item.deleted_at)
  const restore = useMutation<unknown, Error>({
    mutationFn: () => call('POST', `${item.kind}s/${item.id}/restore`),
    onSuccess: () => {
      notify.say(`“${item.title}” is back`)
      return queryClient.invalidateQueries()
    },
    onError: (error) => notify.alert(error.message),
  })
  return (
    <li className="flex items-center gap-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="truncate font-semibold" dir="auto">
          {item.title || 'Untitled'}
        </p>
        <p className="text-small text-soft">
          {item.kind} · deleted{' '}
          <time dateTime={item.deleted_at} title={exactTime(deletedAt)}>
            {shortTime(deletedAt)}
          </time>
        </p>
      </div>
      <Button
        disabled={restore.isPending}
        aria-label={`Restore ${item.title || 'Untitled'}`}
        onClick={() => restore.mutate()}
      >
        <RotateCcw size={18} aria-hidden />
        Restore
      </Button>
    </li>
  )
}
