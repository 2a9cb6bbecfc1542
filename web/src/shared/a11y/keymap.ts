/**
 * Every command that has a key: its usual chord, where it works, what it is called. The reader's changes are in
 * `settings.interface.keys`, by command; null there takes the key away.
 *
 * A chord is written as its modifiers in the order Control, Alt, Shift and the key, joined by `+`: `Control+Shift+o`,
 * `Alt+ArrowUp`, `?`. Control is also the command key of a Mac. Shift counts where the key itself does not tell it.
 */

import type { MessageKey } from '../i18n/keys'
import { type Interface, interfaceNow } from '../theme/interface'

/** Where a chord works. What stands on the whole page must not need a key that is typed in a text. */
export type Where = 'page' | 'composer' | 'transcript'

interface Binding {
  chord: string
  where: Where
  name: MessageKey
}

export const KEYMAP = {
  palette: { chord: 'Control+k', where: 'page', name: 'keys.palette' },
  newChat: { chord: 'Control+Shift+o', where: 'page', name: 'keys.newChat' },
  sidebar: { chord: 'Control+b', where: 'page', name: 'keys.sidebar' },
  keys: { chord: '?', where: 'page', name: 'keys.keys' },
  focusComposer: { chord: '/', where: 'page', name: 'keys.focusComposer' },
  stop: { chord: 'Escape', where: 'page', name: 'keys.stop' },
  undo: { chord: 'Control+z', where: 'page', name: 'keys.undo' },
  editLast: { chord: 'ArrowUp', where: 'composer', name: 'keys.editLast' },
  editLastReply: { chord: 'Control+ArrowUp', where: 'composer', name: 'keys.editLastReply' },
  previousVersion: { chord: 'ArrowLeft', where: 'composer', name: 'keys.previousVersion' },
  nextVersion: { chord: 'ArrowRight', where: 'composer', name: 'keys.nextVersion' },
  regenerate: { chord: 'Control+Enter', where: 'composer', name: 'keys.regenerate' },
  continue: { chord: 'Alt+Enter', where: 'composer', name: 'keys.continue' },
  find: { chord: 'Control+f', where: 'transcript', name: 'keys.find' },
  previousRow: { chord: 'Alt+ArrowUp', where: 'transcript', name: 'keys.previousRow' },
  nextRow: { chord: 'Alt+ArrowDown', where: 'transcript', name: 'keys.nextRow' },
  firstRow: { chord: 'Home', where: 'transcript', name: 'keys.firstRow' },
  lastRow: { chord: 'End', where: 'transcript', name: 'keys.lastRow' },
} as const satisfies Record<string, Binding>

export type Command = keyof typeof KEYMAP
export type Keys = Interface['keys']

export const COMMANDS = Object.keys(KEYMAP) as Command[]

/** The members of a keyboard event that a chord is read from; React's events have them too. */
export interface Press {
  key: string
  code: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
}

const MODIFIERS = new Set(['Control', 'Meta', 'Alt', 'AltGraph', 'Shift'])

/** What is pressed, as a chord; null while it is only modifiers, or a key that an input method handles. */
export function chordOf(press: Press): string | null {
  if (MODIFIERS.has(press.key) || press.key === 'Process' || press.key === 'Dead') return null
  const key = keyOf(press)
  // A question mark is one on every keyboard, whatever it takes to type it.
  const shift = press.shiftKey && (key.length > 1 || key.toUpperCase() !== key)
  const control = press.ctrlKey || press.metaKey
  return [control && 'Control', press.altKey && 'Alt', shift && 'Shift', key].filter(Boolean).join('+')
}

/** The chord that a command has now; null: none. */
export function chordFor(command: Command, keys: Keys = interfaceNow().keys): string | null {
  const changed = keys[command]
  return changed === undefined ? KEYMAP[command].chord : changed
}

/** Whether this key press means the command. */
export function means(press: Press, command: Command, keys?: Keys): boolean {
  const chord = chordFor(command, keys)
  return chord !== null && chordOf(press) === chord
}

/** The commands that a chord would collide with if `command` had it. */
export function rivals(command: Command, chord: string, keys?: Keys): Command[] {
  const here = KEYMAP[command].where
  return COMMANDS.filter((other) => {
    const there = KEYMAP[other].where
    return other !== command && chordFor(other, keys) === chord && (here === there || [here, there].includes('page'))
  })
}

/** Whether a chord is a key that types or moves in a text, so that it must not be taken from one. */
export function isSingle(chord: string): boolean {
  return !/^(Control|Alt)\+/.test(chord) && chord !== 'Escape' && !/^F\d+$/.test(chord)
}

/** Whether what is typed there is text. */
export function isEditable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** A chord as it is written on the keys, one label for each. */
export function labels(chord: string, mac = /Mac|iPhone|iPad/.test(navigator.platform)): string[] {
  const parts = chord === '+' ? ['+'] : chord.replace(/\+\+$/, '+Plus').split('+')
  return parts.map((part) => (mac && MAC[part]) || LABELS[part] || (part.length === 1 ? part.toUpperCase() : part))
}

const LABELS: Record<string, string> = {
  Control: 'Ctrl',
  Escape: 'Esc',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Plus: '+',
}
/** The question mark of other scripts. */
const SAME_KEY: Record<string, string> = { '؟': '?', '？': '?' }
const MAC: Record<string, string> = { Control: '⌘', Alt: '⌥', Shift: '⇧' }

function keyOf({ key, code, ctrlKey, metaKey }: Press): string {
  if (key === ' ') return 'Space'
  // With Control a letter is meant by its place when the keyboard writes another script.
  const [, letter] = /^Key([A-Z])$/.exec(code) ?? []
  if (letter && (ctrlKey || metaKey) && key.length === 1 && key > '\x7f') return letter.toLowerCase()
  return SAME_KEY[key] ?? (key.length === 1 ? key.toLowerCase() : key)
}
