import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api, ifMatch } from '../../shared/api/client'
import { modelKeys, settingsKey } from '../../shared/api/models'
import type { Problem } from '../../shared/api/problem'
import type { components } from '../../shared/api/schema.gen'
import type { Model } from '../../shared/api/wire'
import { useNotify } from '../../shared/ui/toaster'

export type ModelChange = components['schemas']['ModelPatch']

export function useAddModel() {
  return useModelMutation(modelKeys.list, (model: components['schemas']['NewModel']) =>
    answer(api.POST('/api/models', { body: model })),
  )
}

/** Change a model; a change over somebody's newer one is refused. */
export function useChangeModel({ id, version }: Model) {
  return useModelMutation(modelKeys.list, (change: ModelChange) =>
    answer(
      api.PATCH('/api/models/{model_id}', {
        params: { path: { model_id: id }, header: ifMatch(version) },
        body: change,
      }),
    ),
  )
}

export function useDeleteModel() {
  const queryClient = useQueryClient()
  return useMutation<unknown, Problem, string>({
    mutationFn: (id) => api.DELETE('/api/models/{model_id}', inPath(id)),
    // Not waited for: the row's own words about it come before the list takes the row away.
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: modelKeys.list }),
  })
}

/** Bring one back. Its row may be gone from the page by then, so a refusal is told from here. */
export function useRestoreModel() {
  const queryClient = useQueryClient()
  const notify = useNotify()
  return useMutation<Model, Problem, string>({
    mutationFn: (id) => answer(api.POST('/api/models/{model_id}/restore', inPath(id))),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: modelKeys.list }),
    onError: (problem) => notify.alert(problem.message),
  })
}

export function useDefaultModel() {
  return useModelMutation(settingsKey, (id: string) =>
    answer(api.PATCH('/api/settings', { body: { default_ai_model_id: id } })),
  )
}

function inPath(id: string) {
  return { params: { path: { model_id: id } } }
}

function useModelMutation<Input, Answer>(changes: QueryKey, mutationFn: (input: Input) => Promise<Answer>) {
  const queryClient = useQueryClient()
  return useMutation<Answer, Problem, Input>({
    mutationFn,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: changes }),
  })
}
