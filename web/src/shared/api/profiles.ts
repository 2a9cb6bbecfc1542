import { useQuery } from '@tanstack/react-query'
import { answer, api, LONGEST_PAGE } from './client'
import type { components } from './schema.gen'
import { useSettings } from './settings'

export type Profile = components['schemas']['ProfileOut']

export const profileKeys = {
  all: ['profiles'] as const,
  list: ['profiles', 'list'] as const,
  uses: (id: string) => ['profiles', 'uses', id] as const,
}

/** Who the reader can be. */
export function useProfiles() {
  return useQuery({
    queryKey: profileKeys.list,
    queryFn: () => answer(api.GET('/api/profiles', { params: { query: { limit: LONGEST_PAGE } } })),
  })
}

/** Who the reader is where a chat says nothing else: the settings choose, and without them the row that calls itself the default. */
export function useDefaultProfileId(): string | null {
  const { data: settings } = useSettings()
  const { data: profiles } = useProfiles()
  return settings?.default_user_profile_id ?? profiles?.items.find(({ is_default }) => is_default)?.id ?? null
}
