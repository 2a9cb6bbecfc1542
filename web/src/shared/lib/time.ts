/** Dates as a reader says them, in the browser's language. */

const DAY_MS = 86_400_000

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const month = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric' })
const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const longDayYear = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
})
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' })

/** Whole days from `date` to `now` by the calendar, not by 24 hours. */
export function daysAgo(date: Date, now: Date = new Date()): number {
  const midnight = (moment: Date) => Date.UTC(moment.getFullYear(), moment.getMonth(), moment.getDate())
  return Math.round((midnight(now) - midnight(date)) / DAY_MS)
}

/** The heading under which a list puts `date`. */
export function dayGroup(date: Date, now: Date = new Date()): string {
  const days = daysAgo(date, now)
  if (days <= 0) return 'Today'
  if (days === 1) return 'Yesterday'
  if (days < 7) return 'Last week'
  if (days < 30) return 'Last month'
  return month.format(date)
}

/** The shortest form that still tells `date` apart: a time, a weekday or a date. */
export function shortTime(date: Date, now: Date = new Date()): string {
  const days = daysAgo(date, now)
  if (days < 2) return clock.format(date)
  return days < 7 ? weekday.format(date) : shortDate.format(date)
}

export function timeOfDay(date: Date): string {
  return clock.format(date)
}

/** The heading between two days of a transcript. */
export function dayHeading(date: Date, now: Date = new Date()): string {
  return (date.getFullYear() === now.getFullYear() ? longDay : longDayYear).format(date)
}

export function exactTime(date: Date): string {
  return exact.format(date)
}
