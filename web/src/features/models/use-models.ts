import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call } from '../../shared/api/client'
import { modelKeys, settingsKey } from '../../shared/api/models'
import type { Problem } from '../../shared/api/problem'
import type { Model } from '../../shared/api/wire'

export interface NewModel {
  name: string
  provider: 'openai' | 'openrouter' | 'gemini'
  model: string
  api_key?: string
  base_url?: string
}

export interface ModelTest {
  ok: boolean
  text?: string | null
  error?: { title: string; detail?: string | null } | null
  first_token_ms?: number | null
}

export function useAddModel() {
  const queryClient = useQueryClient()
  return useMutation<Model, Problem, NewModel>({
    mutationFn: (model) => call('POST', 'models', { body: model }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: modelKeys.list }),
  })
}

export function useDeleteModel() {
  const queryClient = useQueryClient()
  return useMutation<void, Problem, string>({
    mutationFn: (id) => call('DELETE', `models/${id}`),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: modelKeys.list }),
  })
}

export function useRestoreModel() {
  const queryClient = useQueryClient()
  return useMutation<Model, Problem, string>({
    mutationFn: (id) => call('POST', `models/${id}/restore`),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: modelKeys.list }),
  })
}

export function useDefaultModel() {
  const queryClient = useQueryClient()
  return useMutation<unknown, Problem, string>({
    mutationFn: (default_ai_model_id) => call('PATCH', 'settings', { body: { default_ai_model_id } }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: settingsKey }),
  })
}

export function useTestModel(id: string) {
  return useMutation<ModelTest, Problem>({ mutationFn: () => call('POST', `models/${id}/test`) })
}
