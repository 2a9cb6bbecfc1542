import { useEffect, useEffectEvent } from 'react'
import { tellAction } from '../lib/actions'
import { type Command, chordFor, chordOf, isEditable, isSingle } from './keymap'

/**
 * Do `act` when the chord of a command is pressed anywhere on the page, unless what has the focus took the key or the
 * key belongs to a text there. `act` may return false: then the key stays the browser's.
 */
export function useCommand(command: Command, act: (event: KeyboardEvent) => unknown): void {
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    const chord = chordFor(command)
    if (event.defaultPrevented || event.isComposing || chord === null || chordOf(event) !== chord) return
    if (isSingle(chord) && isEditable(event.target)) return
    if (act(event) === false) return
    event.preventDefault()
    tellAction(command)
  })
  useEffect(() => {
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [])
}
