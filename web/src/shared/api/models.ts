import { useQuery } from '@tanstack/react-query'
import { call } from './client'
import type { Model, Page } from './wire'

export const modelKeys = { list: ['models'] as const }
export const settingsKey = ['settings'] as const

export interface Settings {
  default_ai_model_id: string | null
  version: number
}

export function useModels() {
  return useQuery({
    queryKey: modelKeys.list,
    queryFn: () => call<Page<Model>>('GET', 'models', { query: { limit: 200 } }),
  })
}

export function useSettings() {
  return useQuery({ queryKey: settingsKey, queryFn: () => call<Settings>('GET', 'settings') })
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
