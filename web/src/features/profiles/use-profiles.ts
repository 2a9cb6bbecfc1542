import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { answer, api, ifMatch } from '../../shared/api/client'
import { settingsKey } from '../../shared/api/models'
import type { Problem } from '../../shared/api/problem'
import { type Profile, profileKeys } from '../../shared/api/profiles'
import { normalizeSession, type Session } from '../../shared/api/sessions'
import { useNotify } from '../../shared/ui/toaster'

export type ProfileFields = Pick<Profile, 'name' | 'description' | 'avatar_image'>

const LONGEST_PAGE = 200

/** The chats that a persona is in: the newest 200. */
export async function getChatsOf(id: string): Promise<Session[]> {
  const query = { limit: LONGEST_PAGE }
  const page = await answer(
    api.GET('/api/sessions/profile/{profile_id}', { params: { path: { profile_id: id }, query } }),
  )
  return page.items.map(normalizeSession)
}

export function useChatsOf(id: string, wanted: boolean) {
  return useQuery({ queryKey: profileKeys.uses(id), queryFn: () => getChatsOf(id), enabled: wanted })
}

/** Make a persona, or change the one that is given; a change over somebody's newer one is refused. */
export function useSaveProfile(profile: Profile | null) {
  return useProfileMutation((fields: ProfileFields) =>
    answer(
      profile
        ? api.PATCH('/api/profiles/{profile_id}', {
            params: { path: { profile_id: profile.id }, header: ifMatch(profile.version) },
            body: fields,
          })
        : api.POST('/api/profiles', { body: fields }),
    ),
  )
}

/** Put a persona into the trash; the answer are the chats that it was in. */
export function useDeleteProfile() {
  const queryClient = useQueryClient()
  return useMutation<Awaited<ReturnType<typeof getChatsOf>>, Problem, string>({
    mutationFn: async (id) => {
      const chats = await getChatsOf(id)
      await api.DELETE('/api/profiles/{profile_id}', inPath(id))
      return chats
    },
    // Not waited for: the row's own words about it come before the list takes the row away.
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: profileKeys.list }),
  })
}

/** Bring one back. Its row may be gone from the page by then, so a refusal is told from here. */
export function useRestoreProfile() {
  const queryClient = useQueryClient()
  const notify = useNotify()
  return useMutation<Profile, Problem, string>({
    mutationFn: (id) => answer(api.POST('/api/profiles/{profile_id}/restore', inPath(id))),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: profileKeys.list }),
    onError: (problem) => notify.alert(problem.message),
  })
}

/** New chats begin with this persona. */
export function useDefaultProfile() {
  const queryClient = useQueryClient()
  return useMutation<unknown, Problem, string>({
    mutationFn: (id) => answer(api.PATCH('/api/settings', { body: { default_user_profile_id: id } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: settingsKey }),
  })
}

function inPath(id: string) {
  return { params: { path: { profile_id: id } } }
}

function useProfileMutation<Input, Answer>(mutationFn: (input: Input) => Promise<Answer>) {
  const queryClient = useQueryClient()
  return useMutation<Answer, Problem, Input>({
    mutationFn,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: profileKeys.list }),
  })
}
