/**
 * How the reader wants the pages. The server keeps it for all devices; a copy here stands before the first paint
 * (`public/theme.js` dresses the page by it), takes changes at once, and holds those that the server does not have yet.
 */

import type { components } from '../api/schema.gen'
import { isLanguage, speak } from '../i18n/language'
import { onRemembered, recall, remember } from '../lib/storage'

export type Interface = Required<components['schemas']['Interface']>
export type InterfaceChange = Partial<Interface>

/** As it is until something is chosen; the server has the same. */
const USUAL: Interface = {
  theme: 'system',
  layout: 'manuscript',
  density: 'cosy',
  font_size: 'medium',
  story_face: 'serif',
  language: null,
  enter: 'send',
  follow: true,
  motion: 'system',
  announce: 'sentences',
  keys: {},
  client_log: true,
  welcomed: false,
}

const COPY = 'interface'
const UNSENT = 'interface-unsent'
/** Where earlier versions kept the theme. */
const THEME_ALONE = 'theme'

const listeners = new Set<() => void>()
moveThemeAlone()
let present: Interface = { ...USUAL, ...membersIn(COPY) }

/** The first words wait for this, so that no page begins in one language and goes on in another. */
export const spoken = speakAsChosen()
onRemembered(COPY, () => {
  present = { ...USUAL, ...membersIn(COPY) }
  tell()
})

export function interfaceNow(): Interface {
  return present
}

export function onInterface(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Show `change` at once, here and in other tabs; it counts as unsent until `settle`. */
export function show(change: InterfaceChange): void {
  remember(UNSENT, { ...unsent(), ...change })
  replace({ ...present, ...change })
}

/** The server has `change`, or refused it for good: either way there is nothing left to send of it. */
export function settle(change: InterfaceChange): void {
  const left = Object.entries(unsent()).filter(([name, value]) => {
    const settled = change[name as keyof Interface]
    return !(name in change) || JSON.stringify(settled) !== JSON.stringify(value)
  })
  remember(UNSENT, left.length > 0 ? Object.fromEntries(left) : null)
}

/** Take over what the server has. Changes that it has not got yet stay above it. */
export function adopt(kept: InterfaceChange): void {
  replace({ ...USUAL, ...kept, ...unsent() })
}

/** What was changed and not yet sent, also by an earlier visit. */
export function unsent(): InterfaceChange {
  return membersIn(UNSENT)
}

function replace(next: Interface): void {
  if (JSON.stringify(next) === JSON.stringify(present)) return
  present = next
  remember(COPY, present)
  tell()
}

function tell(): void {
  dispatchEvent(new Event('causerie:interface'))
  void speakAsChosen()
  for (const listener of listeners) listener()
}

async function speakAsChosen(): Promise<void> {
  try {
    await speak(isLanguage(present.language) ? present.language : null)
  } catch (error) {
    // The words could not be loaded: the page goes on in the language that it has.
    console.error(error)
  }
}

function moveThemeAlone(): void {
  const theme = recall(THEME_ALONE)
  if (theme !== 'light' && theme !== 'dark') return
  remember(THEME_ALONE, null)
  remember(COPY, { ...USUAL, theme })
  remember(UNSENT, { theme })
}

/** What is stored under `name`, as far as it can be of use: other versions, and people, write there too. */
function membersIn(name: string): InterfaceChange {
  const stored = recall(name)
  if (typeof stored !== 'object' || stored === null) return {}
  return Object.fromEntries(Object.entries(stored).filter(([member, value]) => fits(member, value)))
}

function fits(member: string, value: unknown): boolean {
  if (member === 'keys') return typeof value === 'object' && value !== null && Object.values(value).every(isChord)
  if (member === 'language') return value === null || isLanguage(value)
  return member in USUAL && typeof value === typeof USUAL[member as keyof Interface]
}

function isChord(value: unknown): boolean {
  return value === null || typeof value === 'string'
}
