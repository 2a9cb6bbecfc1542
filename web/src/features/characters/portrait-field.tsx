import { ImageUp } from 'lucide-react'
import { useId } from 'react'
import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { cx } from '../../shared/lib/class-names'
import { buttonClass } from '../../shared/ui/button'
import { Portrait } from '../../shared/ui/portrait'
import { Refusal } from '../../shared/ui/refusal'
import { useSetPortrait } from './use-characters'

interface PortraitFieldProps {
  character: Character
  onStored: (stored: Character) => void
}

/** The character's picture; it is stored as soon as it is chosen. */
export function PortraitField({ character, onStored }: PortraitFieldProps) {
  const t = useText()
  const id = useId()
  const setPortrait = useSetPortrait(character.id)
  return (
    <div className="mb-6 flex flex-wrap items-center gap-4">
      <Portrait name={character.name} image={character.avatar_image} size="large" />
      <label
        htmlFor={id}
        className={cx(buttonClass('plain'), 'cursor-pointer focus-within:outline-2 focus-within:outline-accent')}
      >
        <ImageUp size={18} aria-hidden />
        {setPortrait.isPending
          ? t('characters.sending')
          : t(character.avatar_image ? 'characters.anotherPortrait' : 'characters.choosePortrait')}
        <input
          id={id}
          type="file"
          accept="image/*"
          className="sr-only"
          onChange={(event) => {
            const file = event.target.files?.[0]
            if (file) setPortrait.mutate(file, { onSuccess: onStored })
            event.target.value = ''
          }}
        />
      </label>
      <Refusal error={setPortrait.error} />
    </div>
  )
}
