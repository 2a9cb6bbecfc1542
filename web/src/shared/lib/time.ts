/** Dates as a reader says them, in the language of the page. */

import { locales } from '../i18n/language'
import { text } from '../i18n/text'

const DAY_MS = 86_400_000

const FORMS = {
  clock: { hour: 'numeric', minute: '2-digit' },
  weekday: { weekday: 'short' },
  shortDate: { day: 'numeric', month: 'short' },
  month: { month: 'long', year: 'numeric' },
  longDay: { weekday: 'long', day: 'numeric', month: 'long' },
  longDayYear: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  exact: { dateStyle: 'full', timeStyle: 'medium' },
} satisfies Record<string, Intl.DateTimeFormatOptions>

/** Making a formatter costs a hundred times what using it costs. */
const formatters = new Map<string, Intl.DateTimeFormat>()

/** Whole days from `date` to `now` by the calendar, not by 24 hours. */
export function daysAgo(date: Date, now: Date = new Date()): number {
  const midnight = (moment: Date) => Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate())
  return Math.round((midnight(now) - midnight(date)) / DAY_MS)
}

/** The heading under which a list puts `date`. */
export function dayGroup(date: Date, now: Date = new Date()): string {
  const days = daysAgo(date, now)
  if (days <= 0) return text('shared.today')
  if (days === 1) return text('shared.yesterday')
  if (days < 7) return text('shared.lastWeek')
  if (days < 30) return text('shared.lastMonth')
  return written(date, 'month')
}

/** The shortest form that still tells `date` apart: a time, a weekday or a date. */
export function shortTime(date: Date, now: Date = new Date()): string {
  const days = daysAgo(date, now)
  if (days < 2) return written(date, 'clock')
  return written(date, days < 7 ? 'weekday' : 'shortDate')
}

export function timeOfDay(date: Date): string {
  return written(date, 'clock')
}

/** The heading between two days of a transcript. */
export function dayHeading(date: Date, now: Date = new Date()): string {
  return written(date, date.getFullYear() === now.getFullYear() ? 'longDay' : 'longDayYear')
}

export function exactTime(date: Date): string {
  return written(date, 'exact')
}

function written(date: Date, form: keyof typeof FORMS): string {
  const key = `${form} ${locales()}`
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat(locales(), FORMS[form])
  formatters.set(key, formatter)
  return formatter.format(date)
}
