/** Safari ends a composition before the Enter that confirmed it; within this time the key still belongs to it. */
const AFTER_COMPOSITION_MS = 50
/** What `keyCode` is while an input method handles the key, also where `isComposing` is not told. */
const INPUT_METHOD_KEY = 229

export interface ComposerKey {
  key: string
  keyCode: number
  shiftKey: boolean
  altKey: boolean
  isComposing: boolean
}

/** Whether this key sends. On a touch keyboard Enter is a new line and the button sends. */
export function sends(event: ComposerKey, sinceComposition: number, coarsePointer: boolean): boolean {
  if (event.key !== 'Enter' || event.shiftKey || event.altKey || coarsePointer) return false
  return !event.isComposing && event.keyCode !== INPUT_METHOD_KEY && sinceComposition > AFTER_COMPOSITION_MS
}
