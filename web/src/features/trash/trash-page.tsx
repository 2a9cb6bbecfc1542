import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { RotateCcw } from 'lucide-react'
import { answer, api } from '../../shared/api/client'
import type { components } from '../../shared/api/schema.gen'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { dayHeading } from '../../shared/lib/time'
import { Button } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { Time } from '../../shared/ui/time'
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
const KIND: Record<TrashItem['kind'], MessageKey> = {
  session: 'trash.session',
  character: 'trash.character',
  profile: 'trash.profile',
  model: 'trash.model',
  prompt: 'trash.prompt',
}

const trashKey = ['trash'] as const
const LONGEST_PAGE = 200

/** What was deleted and can still come back. */
export function TrashPage() {
  const t = useText()
  const { data, error, isPending, refetch } = useQuery({
    queryKey: trashKey,
    queryFn: () => answer(api.GET('/api/trash', { params: { query: { limit: LONGEST_PAGE } } })),
  })
  return (
    <Page title={t('trash.title')} lead={t('trash.lead')}>
      {isPending && <Skeleton lines={5} />}
      {error && <Failure error={error} what={t('trash.unread')} onRetry={() => void refetch()} />}
      {data && data.items.length === 0 && <Empty>{t('trash.empty')}</Empty>}
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
  const t = useText()
  const queryClient = useQueryClient()
  const notify = useNotify()
  const name = item.name || t('trash.untitled')
  const restore = useMutation<unknown, Error>({
    mutationFn: () => RESTORE[item.kind](item.id),
    onSuccess: () => {
      notify.say(t('trash.isBack', { name }))
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
        onClick={() => restore.mutate()}
      >
        <RotateCcw size={18} aria-hidden />
        {t('trash.restore')}
      </Button>
    </li>
  )
}
