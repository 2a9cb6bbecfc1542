import { useMutation, useQuery } from '@tanstack/react-query'
import { answer, api, LONGEST_PAGE } from './client'
import type { Problem } from './problem'
import type { components } from './schema.gen'
import { useSettings } from './settings'
import type { Model } from './wire'

export type ModelTest = components['schemas']['ModelTest']

export const modelKeys = { list: ['models'] as const }

export function useModels() {
  return useQuery({
    queryKey: modelKeys.list,
    queryFn: () => answer(api.GET('/api/models', { params: { query: { limit: LONGEST_PAGE } } })),
  })
}

/** The model that answers: the chat's own, else the character's, else the reader's default. */
export function useAnsweringModel(
  chosen: string | null | undefined,
  ofCharacter: string | null | undefined,
): Model | null {
  const { data: models } = useModels()
  const { data: settings } = useSettings()
  const id = chosen ?? ofCharacter ?? settings?.default_ai_model_id
  return models?.items.find((model) => model.id === id) ?? null
}

/** Ask a model for a few words. */
export function useTestModel(id: string) {
  return useMutation<ModelTest, Problem>({
    mutationFn: () => answer(api.POST('/api/models/{model_id}/test', { params: { path: { model_id: id } } })),
  })
}
