import { locales } from '../i18n/language'

/** A number as the language of the page writes it. Inside a sentence its message does that: `{n, number}`. */
export function number(value: number, options?: Intl.NumberFormatOptions): string {
  return value.toLocaleString(locales(), options)
}

/** With one digit behind the point, also where that is none: as seconds are told. */
export function tenths(value: number): string {
  return number(value, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
}
