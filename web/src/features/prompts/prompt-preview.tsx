import { useState } from 'react'
import { useCharacters } from '../../shared/api/characters'
import { useProfiles } from '../../shared/api/profiles'
import { useText } from '../../shared/i18n/text'
import { useSettled } from '../../shared/lib/use-settled'
import { Field } from '../../shared/ui/field'
import { Refusal } from '../../shared/ui/refusal'
import { RowOptions } from '../../shared/ui/row-options'
import { usePreview } from './use-prompts'

/** Rest for so long is an end of typing. */
const TYPING_MS = 400

/** The very text that a model would read, with the names of a character and a persona in it, and how much of the window it takes. */
export function PromptPreview({ content }: { content: string }) {
  const t = useText()
  const { data: characters } = useCharacters()
  const { data: profiles } = useProfiles()
  const [open, setOpen] = useState(false)
  const [character, setCharacter] = useState<string | null>(null)
  const [profile, setProfile] = useState<string | null>(null)
  const settled = useSettled(content, TYPING_MS)
  const present = characters?.items.filter(({ archived }) => !archived) ?? []
  const characterId = character ?? present[0]?.id ?? null
  const preview = usePreview(open ? { content: settled, character_id: characterId, user_profile_id: profile } : null)
  return (
    <details
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="rounded-card border border-line bg-paper px-4 py-3"
    >
      <summary className="cursor-pointer font-semibold">{t('prompts.preview')}</summary>
      <div className="mt-3 grid gap-4 sm:grid-cols-2">
        <Field label={t('prompts.asCharacter')}>
          {(control) => (
            <select {...control} value={characterId ?? ''} onChange={({ target }) => setCharacter(target.value)}>
              <RowOptions rows={present} />
            </select>
          )}
        </Field>
        <Field label={t('prompts.toPersona')}>
          {(control) => (
            <select {...control} value={profile ?? ''} onChange={({ target }) => setProfile(target.value || null)}>
              <option value="">{t('prompts.usualPersona')}</option>
              <RowOptions rows={profiles?.items} />
            </select>
          )}
        </Field>
      </div>
      <Refusal error={preview.error} className="mt-3" />
      {preview.data && (
        <section aria-label={t('prompts.sent')} className="mt-4">
          <p className="text-small text-soft">
            {t('prompts.tokens', { n: preview.data.tokens })}
            {preview.data.profile === 'tiny' && ` ${t('prompts.tiny')}`}
          </p>
          <pre
            className="mt-2 max-h-96 overflow-y-auto whitespace-pre-wrap break-words font-mono text-small"
            dir="auto"
          >
            {preview.data.text}
          </pre>
        </section>
      )}
    </details>
  )
}
