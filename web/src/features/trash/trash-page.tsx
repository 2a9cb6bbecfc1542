import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { RotateCcw } from 'lucide-react'
import { answer, api } from '../../shared/api/client'
import type { components } from '../../shared/api/schema.gen'
import { dayHeading, exactTime, shortTime } from '../../shared/lib/time'
import { Button } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { useNotify } from '../../shared/ui/toaster'

type TrashItem = components['schemas']['TrashItem']

/** How each kind comes back. */
const RESTORE: Record<TrashItem['kind'], (id: string) => Promise<unknown>> = {
  session: (id) => answer(api.POST('/api/sessions/{session_id}/restore', { params: { path: { session_id: id } } })),
  character: (id) =>
    answer(api.POST('/api/characters/{character_id}/restore', { params: { path: { character_id: id } } })),
  profile: (id) => answer(api.POST('/api/profiles/{profile_id}/restore', { params: { path: { profile_id: id } } })),
  model: (id) => answer(api.POST('/api/models/{model_id}/restore', { params: { path: { model_id: id } } })),
  prompt: (id) => answer(api.POST('/api/prompts/{prompt_id}/restore', { params: { path: { prompt_id: id } } })),
}

/** What each kind is called. */
const KIND: Record<TrashItem['kind'], string> = {
  session: 'Chat',
  character: 'Character',
  profile: 'Profile',
  model: 'Model',
  prompt: 'Prompt',
}

const trashKey = ['trash'] as const
const LONGEST_PAGE = 200

/** What was deleted and can still come back. */
export function TrashPage() {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: trashKey,
    queryFn: () => answer(api.GET('/api/trash', { params: { query: { limit: LONGEST_PAGE } } })),
  })
  return (
    <Page title="Trash" lead="What you deleted waits here before it goes for good.">
      {isPending && <Skeleton lines={5} />}
      {error && <Failure error={error} what="The trash could not be read" onRetry={() => void refetch()} />}
      {data && data.items.length === 0 && <Empty>The trash is empty.</Empty>}
      {data && data.items.length > 0 && (
        <ul className="divide-y divide-line border-line border-y">
          {data.items.map((item) => (
            <TrashRow key={item.id} item={item} />
          ))}
        </ul>
      )}
    </Page>
  )
}

function TrashRow({ item }: { item: TrashItem }) {
  const queryClient = useQueryClient()
  const notify = useNotify()
  const name = item.name || 'Untitled'
  const deletedAt = new Date(item.deleted_at)
  const restore = useMutation<unknown, Error>({
    mutationFn: () => RESTORE[item.kind](item.id),
    onSuccess: () => {
      notify.say(`“${name}” is back`)
      return queryClient.invalidateQueries()
    },
    onError: (error) => notify.alert(error.message),
  })
  return (
    <li className="flex items-center gap-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="truncate font-semibold" dir="auto">
          {name}
        </p>
        <p className="text-small text-soft">
          {KIND[item.kind]} · deleted{' '}
          <time dateTime={item.deleted_at} title={exactTime(deletedAt)}>
            {shortTime(deletedAt)}
          </time>
          , kept until {dayHeading(new Date(item.purged_at))}
        </p>
      </div>
      <Button disabled={restore.isPending} aria-label={`Restore ${name}`} onClick={() => restore.mutate()}>
        <RotateCcw size={18} aria-hidden />
        Restore
      </Button>
    </li>
  )
}
