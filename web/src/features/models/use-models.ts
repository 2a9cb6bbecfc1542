import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../../shared/api/client'
import { modelKeys, settingsKey } from '../../shared/api/models'
import type { Problem } from '../../shared/api/problem'
import type { components } from '../../shared/api/schema.gen'

export function useAddModel() {
  return useModelMutation(modelKeys.list, (model: components['schemas']['NewModel']) =>
    answer(api.POST('/api/models', { body: model })),
  )
}

export function useDeleteModel() {
  return useModelMutation(modelKeys.list, (id: string) => answer(api.DELETE('/api/models/{model_id}', inPath(id))))
}

export function useRestoreModel() {
  return useModelMutation(modelKeys.list, (id: string) =>
    answer(api.POST('/api/models/{model_id}/restore', inPath(id))),
  )
}

export function useDefaultModel() {
  return useModelMutation(settingsKey, (id: string) =>
    answer(api.PATCH('/api/settings', { body: { default_ai_model_id: id } })),
  )
}

/** Ask a model for a few words. */
export function useTestModel(id: string) {
  return useMutation<components['schemas']['ModelTest'], Problem>({
    mutationFn: () => answer(api.POST('/api/models/{model_id}/test', inPath(id))),
  })
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
