/** Which language the page speaks. English is always there; another is loaded when it is chosen. */

import english from 'virtual:catalogue/en'
import { i18n } from '@lingui/core'

interface Spoken {
  /** In its own words, so that who does not read the present language finds it. */
  name: string
  direction: 'ltr' | 'rtl'
  load: () => Promise<typeof english>
}

export const LANGUAGES = {
  en: { name: 'English', direction: 'ltr', load: async () => english },
  fa: { name: 'فارسی', direction: 'rtl', load: async () => (await import('virtual:catalogue/fa')).default },
  zh: { name: '中文', direction: 'ltr', load: async () => (await import('virtual:catalogue/zh')).default },
} satisfies Record<string, Spoken>

export type Language = keyof typeof LANGUAGES

let wanted: Language = 'en'

/** Speak `language`, or with null the one of the browser's that is here. The last call wins, whatever loads first. */
export async function speak(language: Language | null): Promise<void> {
  const next = language ?? ofBrowser()
  wanted = next
  const messages = await LANGUAGES[next].load()
  if (wanted !== next) return
  show(next, messages)
}

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && Object.hasOwn(LANGUAGES, value)
}

export function isRightToLeft(): boolean {
  return isLanguage(i18n.locale) && LANGUAGES[i18n.locale].direction === 'rtl'
}

/** For `Intl`: the language as the reader's country writes it, if the browser tells. */
export function locales(): string[] {
  return [i18n.locales ?? i18n.locale].flat()
}

function ofBrowser(): Language {
  return navigator.languages.map(base).find(isLanguage) ?? 'en'
}

function base(tag: string): string {
  return tag.split('-')[0] ?? tag
}

function show(language: Language, messages: typeof english): void {
  document.documentElement.lang = language
  document.documentElement.dir = LANGUAGES[language].direction
  const locales = [...navigator.languages.filter((tag) => base(tag) === language), language]
  i18n.loadAndActivate({ locale: language, locales, messages })
}

show('en', english)
