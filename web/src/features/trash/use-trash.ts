import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../../shared/api/client'
import type { Problem } from '../../shared/api/problem'
import type { components } from '../../shared/api/schema.gen'

export type TrashItem = components['schemas']['TrashItem']
type Job = components['schemas']['JobOut']

/** How each kind comes back. */
const RESTORE: Record<TrashItem['kind'], (id: string) => Promise<unknown>> = {
  session: (id) => answer(api.POST('/api/sessions/{session_id}/restore', { params: { path: { session_id: id } } })),
  character: (id) =>
    answer(api.POST('/api/characters/{character_id}/restore', { params: { path: { character_id: id } } })),
  profile: (id) => answer(api.POST('/api/profiles/{profile_id}/restore', { params: { path: { profile_id: id } } })),
  model: (id) => answer(api.POST('/api/models/{model_id}/restore', { params: { path: { model_id: id } } })),
  prompt: (id) => answer(api.POST('/api/prompts/{prompt_id}/restore', { params: { path: { prompt_id: id } } })),
}

const trashKey = ['trash'] as const
const emptyingKey = ['trash-job'] as const
const PAGE = 100
const LOOK_AGAIN_MS = 500

/** What was deleted, newest first, a page at a time. */
export function useTrash() {
  return useInfiniteQuery({
    queryKey: trashKey,
    queryFn: ({ pageParam: cursor, signal }) =>
      answer(api.GET('/api/trash', { params: { query: { limit: PAGE, cursor } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  })
}

export function useRestore({ kind, id }: TrashItem) {
  const queryClient = useQueryClient()
  return useMutation<unknown, Problem>({
    mutationFn: () => RESTORE[kind](id),
    onSuccess: () => queryClient.invalidateQueries(),
  })
}

/** Delete everything in the trash for good. The server does it in the background: `job` tells how far it is. */
export function useEmptyTrash() {
  const queryClient = useQueryClient()
  const start = useMutation<Job, Problem>({
    mutationFn: () => answer(api.POST('/api/trash/empty', {})),
    onSuccess: (job) => {
      queryClient.setQueryData(emptyingKey, job)
    },
  })
  const { data: job } = useQuery({
    queryKey: emptyingKey,
    queryFn: async ({ signal }) => {
      const job = queryClient.getQueryData<Job>(emptyingKey)
      if (!job) return null
      const now = await answer(api.GET('/api/jobs/{job_id}', { params: { path: { job_id: job.id } }, signal }))
      if (!isUnderWay(now)) await queryClient.invalidateQueries({ queryKey: trashKey })
      return now
    },
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? LOOK_AGAIN_MS : false),
  })
  return { start, job: job ?? null, underWay: start.isPending || isUnderWay(job) }
}

function isUnderWay(job: Job | null | undefined): boolean {
  return job?.state === 'queued' || job?.state === 'running'
}
