import { zodResolver } from '@hookform/resolvers/zod'
import { ImageUp } from 'lucide-react'
import { useEffect, useId, useMemo, useState } from 'react'
import { useForm } from 'react-hook-form'
import * as z from 'zod/mini'
import type { Profile } from '../../shared/api/profiles'
import { type Text, useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { Button, buttonClass } from '../../shared/ui/button'
import { TextArea, TextField } from '../../shared/ui/field'
import { useLeaveGuard } from '../../shared/ui/leave-guard'
import { Portrait } from '../../shared/ui/portrait'
import { smallPicture } from './picture'
import { type ProfileFields, useSaveProfile } from './use-profiles'

const schemaOf = (t: Text) =>
  z.object({
    name: z
      .string()
      .check(z.trim(), z.minLength(1, t('profiles.needsName')), z.maxLength(200, t('profiles.nameTooLong'))),
    description: z.string(),
    avatar_image: z.nullable(z.string()),
  })

interface ProfileFormProps {
  profile: Profile | null
  onClose: () => void
}

/** A persona to be made or changed, where it stands in the list. */
export function ProfileForm({ profile, onClose }: ProfileFormProps) {
  const t = useText()
  const save = useSaveProfile(profile)
  const schema = useMemo(() => schemaOf(t), [t])
  const form = useForm<ProfileFields>({
    resolver: zodResolver(schema),
    defaultValues: {
      name: profile?.name ?? '',
      description: profile?.description ?? '',
      avatar_image: profile?.avatar_image ?? null,
    },
  })
  const { errors, isDirty } = form.formState
  const { pass, question } = useLeaveGuard(isDirty)
  const { setFocus } = form
  useEffect(() => setFocus('name'), [setFocus])
  const field = (name: 'name' | 'description') => ({
    ...form.register(name),
    error: errors[name]?.message ?? save.error?.field(`/${name}`),
    dir: 'auto' as const,
  })
  const store = form.handleSubmit((fields) =>
    save.mutate(fields, {
      onSuccess: () => {
        pass()
        onClose()
      },
    }),
  )

  return (
    <form
      noValidate
      aria-label={t('profiles.persona')}
      className="grid gap-5 rounded-card border border-accent bg-surface p-4 sm:p-5"
      onSubmit={store}
    >
      <PictureField
        name={form.watch('name')}
        picture={form.watch('avatar_image')}
        onChange={(picture) => form.setValue('avatar_image', picture, { shouldDirty: true })}
      />
      <TextField label={t('profiles.name')} hint={t('profiles.nameHint')} autoComplete="off" {...field('name')} />
      <TextArea label={t('profiles.description')} hint={t('profiles.descriptionHint')} {...field('description')} />
      {save.error && !save.error.body.errors?.length && (
        <p role="alert" className="text-danger">
          {save.error.message}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={save.isPending}>
          {t(save.isPending ? 'profiles.saving' : 'profiles.save')}
        </Button>
        <Button look="quiet" onClick={onClose}>
          {t('profiles.cancel')}
        </Button>
      </div>
      {question}
    </form>
  )
}

interface PictureFieldProps {
  name: string
  picture: string | null
  onChange: (picture: string | null) => void
}

function PictureField({ name, picture, onChange }: PictureFieldProps) {
  const t = useText()
  const id = useId()
  const [unreadable, setUnreadable] = useState(false)
  const take = (file: File) =>
    smallPicture(file).then(
      (small) => {
        setUnreadable(false)
        onChange(small)
      },
      () => setUnreadable(true),
    )
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Portrait name={name || '·'} image={picture} size="large" />
      <label
        htmlFor={id}
        className={cx(
          buttonClass('plain'),
          'cursor-pointer has-focus-visible:outline-2 has-focus-visible:outline-accent',
        )}
      >
        <ImageUp size={18} aria-hidden />
        {t(picture ? 'profiles.otherPicture' : 'profiles.picture')}
        <input
          id={id}
          type="file"
          accept="image/*"
          className="sr-only"
          onChange={({ target }) => {
            const file = target.files?.[0]
            if (file) void take(file)
            target.value = ''
          }}
        />
      </label>
      {picture && (
        <Button look="quiet" onClick={() => onChange(null)}>
          {t('profiles.noPicture')}
        </Button>
      )}
      {unreadable && (
        <p role="alert" className="text-danger">
          {t('profiles.badPicture')}
        </p>
      )}
    </div>
  )
}
