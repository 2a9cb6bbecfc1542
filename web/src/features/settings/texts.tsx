import { type FocusEvent, useState } from 'react'
import type { MessageKey } from '../../shared/i18n/keys'
import { useText } from '../../shared/i18n/text'
import { TextArea } from '../../shared/ui/field'
import { Failure, Skeleton } from '../../shared/ui/states'
import { Rows } from './rows'
import { Saved } from './saved'
import { type PreferencesChange, preferencesChange, useChangePreferences, usePreferences } from './use-changes'

type Member = 'voice' | 'style' | 'platform' | 'language'

const FIELDS: { member: Member; label: MessageKey; hint: MessageKey }[] = [
  { member: 'voice', label: 'settings.voice', hint: 'settings.voiceHint' },
  { member: 'style', label: 'settings.style', hint: 'settings.styleHint' },
  { member: 'platform', label: 'settings.platform', hint: 'settings.platformHint' },
  { member: 'language', label: 'settings.textLanguage', hint: 'settings.textLanguageHint' },
]

const LONGEST = 2_000

/** How the reader likes texts to be written. */
export function Texts() {
  const t = useText()
  const { data, error, isPending, refetch } = usePreferences()
  return (
    <Rows>
      {isPending && <Skeleton lines={6} />}
      {error && <Failure error={error} what={t('settings.unread')} onRetry={() => void refetch()} />}
      {data &&
        FIELDS.map(({ member, ...words }) => (
          <Preference key={member} member={member} kept={data[member]} {...words} />
        ))}
    </Rows>
  )
}

interface PreferenceProps {
  member: Member
  kept: string
  label: MessageKey
  hint: MessageKey
}

/** Saved when the reader leaves the field; what was refused stays in it. */
function Preference({ member, kept, label, hint }: PreferenceProps) {
  const t = useText()
  const { mutate } = useChangePreferences()
  const [typed, setTyped] = useState<string | null>(null)
  const save = ({ target: { value } }: FocusEvent<HTMLTextAreaElement>) => {
    if (value === kept) return setTyped(null)
    const change: PreferencesChange = { [member]: value }
    mutate(change, { onSuccess: () => setTyped((now) => (now === value ? null : now)) })
  }
  return (
    <div className="grid gap-1">
      <TextArea
        label={t(label)}
        hint={t(hint)}
        dir="auto"
        maxLength={LONGEST}
        value={typed ?? kept}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={save}
      />
      <Saved of={preferencesChange} member={member} />
    </div>
  )
}
