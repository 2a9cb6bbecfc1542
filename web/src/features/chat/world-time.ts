/** The time of a story: words, or a date and a time of day in ISO 8601, which set its clock. */

import { locales } from '../../shared/i18n/language'

const LIKE_A_DATE = /^\d{4}-\d/
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]([01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?:Z|[+-]\d{2}:\d{2})?)?$/

/** As a reader says it; null when it is no date but words, `wrong` when it begins as a date and is none. */
export function readWorldTime(text: string): string | 'wrong' | null {
  const written = text.trim()
  if (!LIKE_A_DATE.test(written)) return null
  const [, year, month, day, hour, minute] = (DATE.exec(written) ?? []).map(Number)
  if (year === undefined || month === undefined || day === undefined) return 'wrong'
  const timed = hour !== undefined && !Number.isNaN(hour)
  const moment = new Date(0)
  // Years below 100 would be taken for those of the last century.
  moment.setUTCFullYear(year, month - 1, day)
  if (timed) moment.setUTCHours(hour, minute)
  if (moment.getUTCMonth() !== month - 1 || moment.getUTCDate() !== day) return 'wrong'
  return moment.toLocaleString(locales(), {
    dateStyle: 'full',
    ...(timed && { timeStyle: 'short' }),
    timeZone: 'UTC',
  })
}
