import { Check, Copy, Pencil, Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import * as z from 'zod/mini'
import { type Profile, useDefaultProfileId, useProfiles } from '../../shared/api/profiles'
import { useText } from '../../shared/i18n/text'
import { useReturnedFocus } from '../../shared/lib/returned-focus'
import { useSearch } from '../../shared/lib/search-params'
import { Button, buttonClass, IconButton } from '../../shared/ui/button'
import { Page } from '../../shared/ui/page'
import { Portrait } from '../../shared/ui/portrait'
import { Empty, Failure, Skeleton } from '../../shared/ui/states'
import { useNotify } from '../../shared/ui/toaster'
import { ProfileForm } from './profile-form'
import { useChatsOf, useDefaultProfile, useDeleteProfile, useRestoreProfile, useSaveProfile } from './use-profiles'

/** The persona whose form is open, or `new`. */
const search = z.object({ edit: z.catch(z.string(), '') })
const NEW = 'new'

/** Who the reader can be in a story. */
export function ProfilesPage() {
  const t = useText()
  const [{ edit }, change] = useSearch(search)
  const { data, error, isPending, refetch } = useProfiles()
  const defaultId = useDefaultProfileId()
  const close = () => change({ edit: '' })
  useReturnedFocus(edit)
  return (
    <Page
      title={t('profiles.title')}
      lead={t('profiles.lead')}
      actions={edit !== NEW && data && data.items.length > 0 && <NewProfile />}
    >
      {isPending && <Skeleton lines={6} />}
      {error && <Failure error={error} what={t('profiles.unread')} onRetry={() => void refetch()} />}
      {data?.items.length === 0 && edit !== NEW && <Empty action={<NewProfile />}>{t('profiles.empty')}</Empty>}
      <ul className="grid gap-3">
        {edit === NEW && (
          <li>
            <ProfileForm profile={null} onClose={close} />
          </li>
        )}
        {data?.items.map((profile) => (
          <li key={profile.id}>
            {edit === profile.id ? (
              <ProfileForm profile={profile} onClose={close} />
            ) : (
              <ProfileCard profile={profile} isDefault={profile.id === defaultId} />
            )}
          </li>
        ))}
      </ul>
    </Page>
  )
}

function NewProfile() {
  const t = useText()
  return (
    <Link to={`?edit=${NEW}`} id={`edit-${NEW}`} className={buttonClass('primary')}>
      <Plus size={18} aria-hidden />
      {t('profiles.new')}
    </Link>
  )
}

function ProfileCard({ profile, isDefault }: { profile: Profile; isDefault: boolean }) {
  const t = useText()
  const notify = useNotify()
  const choose = useDefaultProfile()
  const duplicate = useSaveProfile(null)
  const remove = useDeleteProfile()
  const restore = useRestoreProfile()
  const { id, name, description, avatar_image } = profile
  const onError = (error: Error) => notify.alert(error.message)
  const copy = () =>
    duplicate.mutate(
      { name: t('profiles.copyOf', { name }), description, avatar_image },
      { onError, onSuccess: () => notify.say(t('profiles.copied', { name })) },
    )
  const trash = () =>
    remove.mutate(id, {
      onError,
      onSuccess: (chats) => notify.say(t('profiles.inTrash', { name, n: chats.length }), () => restore.mutate(id)),
    })
  return (
    <article aria-label={name} className="grid gap-3 rounded-card border border-line bg-surface p-4">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <Portrait name={name} image={avatar_image} size="large" />
        <div className="min-w-0 flex-1 basis-48">
          <h2 className="flex flex-wrap items-center gap-x-2 font-semibold font-story text-title">
            <span className="min-w-0 break-words" dir="auto">
              {name}
            </span>
            {isDefault && (
              <span className="inline-flex items-center gap-1 font-normal font-ui text-good text-small">
                <Check size={15} aria-hidden />
                {t('profiles.isDefault')}
              </span>
            )}
          </h2>
          <p className="line-clamp-3 whitespace-pre-line text-soft" dir="auto">
            {description || t('profiles.noDescription')}
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-1 max-sm:-ms-3.5">
          {!isDefault && (
            <Button
              look="quiet"
              aria-label={t('profiles.useByDefaultName', { name })}
              disabled={choose.isPending}
              onClick={() => choose.mutate(id, { onError })}
            >
              {t('profiles.useByDefault')}
            </Button>
          )}
          <Link
            id={`edit-${id}`}
            to={`?edit=${id}`}
            aria-label={t('profiles.editName', { name })}
            className={buttonClass('quiet', 'gap-1.5')}
          >
            <Pencil size={18} aria-hidden />
            {t('profiles.edit')}
          </Link>
          <IconButton
            icon={Copy}
            name={t('profiles.duplicateName', { name })}
            disabled={duplicate.isPending}
            onClick={copy}
          />
          <IconButton
            icon={Trash2}
            name={t('profiles.deleteName', { name })}
            disabled={remove.isPending}
            onClick={trash}
          />
        </div>
      </div>
      <Uses id={id} />
    </article>
  )
}

/** The chats that a persona is in, looked up when somebody wants to know. */
function Uses({ id }: { id: string }) {
  const t = useText()
  const [open, setOpen] = useState(false)
  const { data, error, isPending } = useChatsOf(id, open)
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className="text-small text-soft">
      <summary className="w-fit cursor-pointer rounded-control py-1 hover:text-ink">{t('profiles.uses')}</summary>
      {open && isPending && <p role="status">{t('profiles.looking')}</p>}
      {error && <p role="alert">{error.message}</p>}
      {data && <p>{t('profiles.inChats', { n: data.length })}</p>}
      {data && data.length > 0 && (
        <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-1">
          {data.slice(0, MOST_NAMED).map((chat) => (
            <Named key={chat.id} to={`/c/${chat.id}`}>
              {chat.title || t('profiles.untitled')}
            </Named>
          ))}
        </ul>
      )}
    </details>
  )
}

const MOST_NAMED = 10

function Named({ to, children }: { to: string; children: ReactNode }) {
  return (
    <li className="min-w-0 max-w-full">
      <Link to={to} className="block truncate py-1 text-accent underline underline-offset-2" dir="auto">
        {children}
      </Link>
    </li>
  )
}
