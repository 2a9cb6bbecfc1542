import { useText } from '../i18n/text'
import { exactTime, shortTime, timeOfDay } from '../lib/time'

const FORMS = { short: shortTime, clock: timeOfDay }

/** A moment in the shortest form that tells it apart, or as a time of day; the exact one on demand. */
export function Time({ at, form = 'short' }: { at: Date; form?: keyof typeof FORMS }) {
  useText()
  return (
    <time dateTime={at.toISOString()} title={exactTime(at)}>
      {FORMS[form](at)}
    </time>
  )
}
