import { Link } from 'react-router'
import { type Profile, profileKeys, useDefaultProfileId, useProfiles } from '../../shared/api/profiles'
import { useText } from '../../shared/i18n/text'
import { Portrait } from '../../shared/ui/portrait'
import { RowCard, WhereUsed } from '../../shared/ui/row-card'
import { RowsPage } from '../../shared/ui/rows-page'
import { ProfileForm } from './profile-form'
import { getUses, useDefaultProfile, useDeleteProfile, useRestoreProfile, useSaveProfile } from './use-profiles'

/** Who the reader can be in a story. */
export function ProfilesPage() {
  const t = useText()
  const defaultId = useDefaultProfileId()
  return (
    <RowsPage
      title={t('profiles.title')}
      lead={t('profiles.lead')}
      rows={useProfiles()}
      unread={t('profiles.unread')}
      empty={t('profiles.empty')}
      create={t('profiles.new')}
      card={(profile) => <ProfileCard profile={profile} isDefault={profile.id === defaultId} />}
      form={(profile, close) => <ProfileForm profile={profile} onClose={close} />}
    />
  )
}

function ProfileCard({ profile, isDefault }: { profile: Profile; isDefault: boolean }) {
  const t = useText()
  const { id, name, description, avatar_image } = profile
  return (
    <RowCard
      row={profile}
      isDefault={isDefault}
      portrait={<Portrait name={name} image={avatar_image} size="large" />}
      text={description || t('profiles.noDescription')}
      fields={{ description, avatar_image }}
      choose={useDefaultProfile()}
      make={useSaveProfile(null)}
      remove={useDeleteProfile()}
      restore={useRestoreProfile()}
      inTrash={(n) => t('profiles.inTrash', { name, n })}
    >
      <WhereUsed queryKey={profileKeys.uses(id)} queryFn={() => getUses(id)}>
        {({ sessions, newest }) => (
          <>
            <p>{t('profiles.inChats', { n: sessions })}</p>
            <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1 empty:hidden">
              {newest.map((chat) => (
                <li key={chat.id} className="min-w-0 max-w-full">
                  <Link
                    to={`/c/${chat.id}`}
                    className="block truncate py-1 text-accent underline underline-offset-2"
                    dir="auto"
                  >
                    {chat.title || t('profiles.untitled')}
                  </Link>
                </li>
              ))}
            </ul>
          </>
        )}
      </WhereUsed>
    </RowCard>
  )
}
