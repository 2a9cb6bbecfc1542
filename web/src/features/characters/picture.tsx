import { pictureAddress } from '../../shared/api/root'
import { monogram } from '../../shared/lib/monogram'
import { voiceStyle } from '../../shared/theme/voice'

/** The picture of a character as a card, 3:4; without one, a monogram on the character's colour. */
export function Picture({ name, image }: { name: string; image: string | null }) {
  return (
    <span
      style={voiceStyle(name)}
      className="grid aspect-[3/4] w-full select-none place-items-center overflow-hidden rounded-card bg-voice font-semibold font-story text-[3.5rem] text-on-voice"
    >
      {image ? (
        <img src={pictureAddress(image)} alt="" loading="lazy" decoding="async" className="size-full object-cover" />
      ) : (
        <span aria-hidden>{monogram(name)}</span>
      )}
    </span>
  )
}
