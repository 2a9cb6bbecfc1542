import { useQuery } from '@tanstack/react-query'
import { answer, api } from './client'
import type { components } from './schema.gen'

export type Settings = components['schemas']['SettingsOut']

export const settingsKey = ['settings'] as const

export function useSettings() {
  return useQuery({ queryKey: settingsKey, queryFn: () => answer(api.GET('/api/settings')) })
}
