/** What the keys mean in the composer. */

import { type Command, chordFor, isSingle, type Keys, means, type Press } from '../../shared/a11y/keymap'
import type { Interface } from '../../shared/theme/interface'

/** Safari ends a composition before the Enter that confirmed it; within this time the key still belongs to it. */
const AFTER_COMPOSITION_MS = 50
/** What `keyCode` is while an input method handles the key, also where `isComposing` is not told. */
const INPUT_METHOD_KEY = 229

/** The members of a keyboard event that say what it means; React's events carry the browser's, which knows compositions. */
export interface ComposerKey extends Press {
  keyCode: number
  nativeEvent: { isComposing: boolean }
}

export interface ComposerState {
  /** Nothing is written, so that keys which move in a text are free. */
  empty: boolean
  sinceComposition: number
  /** The keyboard is one of the screen: Enter is a new line there, and the button sends. */
  coarse: boolean
  enter: Interface['enter']
  keys: Keys
  rightToLeft: boolean
}

const ANYWHERE = ['editLastReply', 'continue', 'stop'] as const
const IN_EMPTY = ['editLast', 'previousVersion', 'nextVersion', 'regenerate'] as const
const MIRRORED: Record<string, string> = { ArrowLeft: 'ArrowRight', ArrowRight: 'ArrowLeft' }

export type ComposerCommand = Extract<Command, (typeof ANYWHERE)[number] | (typeof IN_EMPTY)[number]>

/** Whether the key belongs to an input method. */
export function isComposing({ keyCode, nativeEvent }: Pick<ComposerKey, 'keyCode' | 'nativeEvent'>): boolean {
  return nativeEvent.isComposing || keyCode === INPUT_METHOD_KEY
}

/** What a key press asks for; null: what it does in any text. */
export function meaning(event: ComposerKey, state: ComposerState): ComposerCommand | 'send' | null {
  if (isComposing(event) || state.sinceComposition <= AFTER_COMPOSITION_MS) return null
  const press = state.rightToLeft ? { ...pressOf(event), key: MIRRORED[event.key] ?? event.key } : event
  const asked = (command: ComposerCommand) => means(press, command, state.keys)
  const command = ANYWHERE.find((each) => asked(each) && (state.empty || !typesInText(each, state.keys)))
  return command ?? (state.empty ? IN_EMPTY.find(asked) : undefined) ?? (sends(event, state) ? 'send' : null)
}

function sends({ key, shiftKey, altKey, ctrlKey, metaKey }: ComposerKey, { coarse, enter }: ComposerState): boolean {
  if (key !== 'Enter' || shiftKey || altKey) return false
  return ctrlKey || metaKey || (enter === 'send' && !coarse)
}

/** A key that the reader gave to a command may be one that a text needs. */
function typesInText(command: ComposerCommand, keys: Keys): boolean {
  const chord = chordFor(command, keys)
  return chord !== null && isSingle(chord)
}

function pressOf({ key, code, ctrlKey, metaKey, altKey, shiftKey }: Press): Press {
  return { key, code, ctrlKey, metaKey, altKey, shiftKey }
}
