import { useState } from 'react'
import * as z from 'zod/mini'
import type { Profile } from '../../shared/api/profiles'
import { type Text, useText } from '../../shared/i18n/text'
import { Button } from '../../shared/ui/button'
import { TextArea, TextField } from '../../shared/ui/field'
import { RowForm, useRowForm } from '../../shared/ui/form'
import { PictureButton } from '../../shared/ui/picture-button'
import { Portrait } from '../../shared/ui/portrait'
import { smallPicture } from './picture'
import { useSaveProfile } from './use-profiles'

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
  const { form, field, store, question } = useRowForm({
    schemaOf,
    defaultValues: {
      name: profile?.name ?? '',
      description: profile?.description ?? '',
      avatar_image: profile?.avatar_image ?? null,
    },
    save,
    onClose,
  })
  return (
    <RowForm
      label={t('profiles.persona')}
      save={save}
      question={question}
      onSubmit={form.handleSubmit(store)}
      onCancel={onClose}
    >
      <PictureField
        name={form.watch('name')}
        picture={form.watch('avatar_image')}
        onChange={(picture) => form.setValue('avatar_image', picture, { shouldDirty: true })}
      />
      <TextField
        label={t('profiles.name')}
        hint={t('profiles.nameHint')}
        autoComplete="off"
        dir="auto"
        {...field('name')}
      />
      <TextArea
        label={t('profiles.description')}
        hint={t('profiles.descriptionHint')}
        dir="auto"
        {...field('description')}
      />
    </RowForm>
  )
}

interface PictureFieldProps {
  name: string
  picture: string | null
  onChange: (picture: string | null) => void
}

function PictureField({ name, picture, onChange }: PictureFieldProps) {
  const t = useText()
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
      <PictureButton onChoose={(file) => void take(file)}>
        {t(picture ? 'profiles.otherPicture' : 'profiles.picture')}
      </PictureButton>
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
