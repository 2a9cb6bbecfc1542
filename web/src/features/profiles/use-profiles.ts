import { answer, api, ifMatch } from '../../shared/api/client'
import { useChange, useRemove, useRestore } from '../../shared/api/mutations'
import { type Profile, profileKeys } from '../../shared/api/profiles'
import { normalizeSession, type Session } from '../../shared/api/sessions'
import { settingsKey } from '../../shared/api/settings'

export type ProfileFields = Pick<Profile, 'name' | 'description' | 'avatar_image'>

const MOST_NAMED = 10

/** How many chats a persona is in, and the newest of them. */
export async function getUses(id: string): Promise<{ sessions: number; newest: Session[] }> {
  const params = { ...inPath(id).params, query: { limit: MOST_NAMED } }
  const [uses, page] = await Promise.all([
    answer(api.GET('/api/profiles/{profile_id}/uses', inPath(id))),
    answer(api.GET('/api/sessions/profile/{profile_id}', { params })),
  ])
  return { sessions: uses.sessions, newest: page.items.map(normalizeSession) }
}

/** Make a persona, or change the one that is given; a change over somebody's newer one is refused. */
export function useSaveProfile(profile: Profile | null) {
  return useChange(profileKeys.list, (fields: ProfileFields) =>
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

/** Put a persona into the trash; the answer is in how many chats it was. */
export function useDeleteProfile() {
  return useRemove(profileKeys.list, async (id) => {
    const { sessions } = await answer(api.GET('/api/profiles/{profile_id}/uses', inPath(id)))
    await api.DELETE('/api/profiles/{profile_id}', inPath(id))
    return sessions
  })
}

export function useRestoreProfile() {
  return useRestore(profileKeys.list, (id) => answer(api.POST('/api/profiles/{profile_id}/restore', inPath(id))))
}

/** New chats begin with this persona. */
export function useDefaultProfile() {
  return useChange(settingsKey, (id: string) =>
    answer(api.PATCH('/api/settings', { body: { default_user_profile_id: id } })),
  )
}

function inPath(id: string) {
  return { params: { path: { profile_id: id } } }
}
