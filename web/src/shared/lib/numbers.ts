import { locales } from '../i18n/language'

/** A number as the language of the page writes it. Inside a sentence its message does that: `{n, number}`. */
export function number(value: number, options?: Intl.NumberFormatOptions): string {
  return value.toLocaleString(locales(), options)
}
