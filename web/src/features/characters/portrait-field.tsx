import type { Character } from '../../shared/api/wire'
import { useText } from '../../shared/i18n/text'
import { PictureButton } from '../../shared/ui/picture-button'
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
  const setPortrait = useSetPortrait(character.id)
  return (
    <div className="mb-6 flex flex-wrap items-center gap-4">
      <Portrait name={character.name} image={character.avatar_image} size="large" />
      <PictureButton onChoose={(file) => setPortrait.mutate(file, { onSuccess: onStored })}>
        {setPortrait.isPending
          ? t('characters.sending')
          : t(character.avatar_image ? 'characters.anotherPortrait' : 'characters.choosePortrait')}
      </PictureButton>
      <Refusal error={setPortrait.error} />
    </div>
  )
}
