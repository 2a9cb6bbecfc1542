import { type QueryKey, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../../shared/api/client'
import type { Problem } from '../../shared/api/problem'
import { type Profile, profileKeys } from '../../shared/api/profiles'
import { type Prompt, promptKeys } from '../../shared/api/prompts'
import type { components } from '../../shared/api/schema.gen'
import { type Settings, settingsKey } from '../../shared/api/settings'
import { useNotify } from '../../shared/ui/toaster'

type Schemas = components['schemas']
type SettingsChange = Schemas['SettingsChange']
export type PreferencesChange = Schemas['PreferencesChange']

export const settingsChange = ['change', 'settings'] as const
export const preferencesChange = ['change', 'preferences'] as const

const preferencesKey = ['preferences'] as const

export function usePreferences() {
  return useQuery({ queryKey: preferencesKey, queryFn: () => answer(api.GET('/api/preferences')) })
}

/** Change how chats are answered and kept. Without the server it is refused at once: nothing waits unseen. */
export function useChangeSettings() {
  const queryClient = useQueryClient()
  return useMutation<Settings, Problem, SettingsChange>({
    mutationKey: settingsChange,
    scope: { id: 'settings' },
    mutationFn: (members) => answer(api.PATCH('/api/settings', { body: members })),
    onSuccess: (settings) => queryClient.setQueryData(settingsKey, settings),
  })
}

/** Change how texts are to be written. */
export function useChangePreferences() {
  const queryClient = useQueryClient()
  return useMutation<Schemas['PreferencesOut'], Problem, PreferencesChange>({
    mutationKey: preferencesChange,
    scope: { id: 'preferences' },
    mutationFn: (members) => answer(api.PATCH('/api/preferences', { body: members })),
    onSuccess: (preferences) => queryClient.setQueryData(preferencesKey, preferences),
  })
}

/** Rows may call themselves the default; where the reader wants none, they have to stop. */
export function useUnmarkDefault() {
  const queryClient = useQueryClient()
  const notify = useNotify()
  const unmark = (call: Promise<unknown>[], queryKey: QueryKey) => {
    Promise.all(call)
      .then(() => queryClient.invalidateQueries({ queryKey }))
      .catch((error: Error) => notify.alert(error.message))
  }
  const marked = <Row extends { is_default: boolean }>(rows: Row[]) => rows.filter(({ is_default }) => is_default)
  const body = { is_default: false }
  return {
    profiles: (rows: Profile[]) =>
      unmark(
        marked(rows).map(({ id }) =>
          api.PATCH('/api/profiles/{profile_id}', { params: { path: { profile_id: id } }, body }),
        ),
        profileKeys.all,
      ),
    prompts: (rows: Prompt[]) =>
      unmark(
        marked(rows).map(({ id }) =>
          api.PATCH('/api/prompts/{prompt_id}', { params: { path: { prompt_id: id } }, body }),
        ),
        promptKeys.all,
      ),
  }
}
