/** What was typed and not sent, per chat. It is written while typing, so that nothing depends on leaving well. */

import { recall, remember } from '../../shared/lib/storage'

const WRITE_AFTER_MS = 300

let unwritten: { key: string; text: string } | null = null
let timer: ReturnType<typeof setTimeout> | undefined

export function readDraft(key: string): string {
  if (unwritten?.key === key) return unwritten.text
  const text = recall(`draft.${key}`)
  return typeof text === 'string' ? text : ''
}

export function writeDraft(key: string, text: string): void {
  if (unwritten && unwritten.key !== key) flushDraft()
  unwritten = { key, text }
  clearTimeout(timer)
  timer = setTimeout(flushDraft, WRITE_AFTER_MS)
}

/** Forget a draft at once: what was sent never comes back. */
export function clearDraft(key: string): void {
  writeDraft(key, '')
  flushDraft()
}

export function flushDraft(): void {
  clearTimeout(timer)
  if (unwritten) remember(`draft.${unwritten.key}`, unwritten.text || null)
  unwritten = null
}

addEventListener('pagehide', flushDraft)
document.addEventListener('visibilitychange', flushDraft)
