import { countCodePoints } from '../../realtime/code-points'
import { useText } from '../../shared/i18n/text'

/** As the server takes it. */
export const MOST_CODE_POINTS = 32_768
/** From here on the reader is told how much is left. */
const NEAR = 30_000
/** A pasted text of more than this is no longer taken in at a glance. */
const LONG_PASTE = 4_000

/** How long a text is, as the server counts. */
export function lengthOf(text: string): number {
  // A short text cannot come near any limit, and a key press must not cost the length of a long one.
  return text.length < LONG_PASTE ? text.length : countCodePoints(text)
}

interface LengthNoteProps {
  id: string
  length: number
  /** How much was pasted just now. */
  pasted: number
}

/** How long the text is, where that matters: near the limit, beyond it, and after a long paste. */
export function LengthNote({ id, length, pasted }: LengthNoteProps) {
  const t = useText()
  const over = length - MOST_CODE_POINTS
  return (
    <p id={id} role="status" className={over > 0 ? 'text-danger text-small' : 'text-small text-soft'}>
      {over > 0
        ? t('chat.tooLong', { over, most: MOST_CODE_POINTS })
        : length >= NEAR
          ? t('chat.nearLimit', { length, most: MOST_CODE_POINTS })
          : pasted > LONG_PASTE && t('chat.pasted', { n: pasted })}
    </p>
  )
}
