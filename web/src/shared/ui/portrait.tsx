import { pictureAddress } from '../api/root'
import { cx } from '../lib/class-names'
import { monogram } from '../lib/monogram'
import { voiceStyle } from '../theme/voice'

const SIZES = {
  small: 'size-7 text-[0.75rem]',
  row: 'size-7 text-[0.75rem] sm:size-9 sm:text-base',
  large: 'size-16 text-display',
}

interface PortraitProps {
  name: string
  image?: string | null | undefined
  size?: keyof typeof SIZES
  /** A thin ring in the character's colour, as beside a transcript. */
  ring?: boolean
}

/** A round portrait; without a picture, a monogram on the character's colour. The name always stands beside it. */
export function Portrait({ name, image, size = 'small', ring = false }: PortraitProps) {
  const shape = cx(
    'grid shrink-0 select-none place-items-center overflow-hidden rounded-full font-semibold font-story leading-none',
    SIZES[size],
    ring && 'outline-1 outline-voice outline-offset-2',
  )
  if (image)
    return <img src={pictureAddress(image)} alt="" style={voiceStyle(name)} className={cx(shape, 'object-cover')} />
  return (
    <span aria-hidden style={voiceStyle(name)} className={cx(shape, 'bg-voice text-on-voice')}>
      {monogram(name)}
    </span>
  )
}
