/** What a screen reader is told of a growing text: whole sentences, never a part of a word. */

import { plainText } from '../../shared/markdown/plain'

/** A stop of the world's scripts with all that closes after it. */
const SENTENCE = /[^.!?…؟۔。！？]*[.!?…؟۔。！？]+["”’»」』)）*_\s]*/y
const LONGEST = 200

/** How far to tell: to the end of a sentence (or of a long stretch without one), of a word, or of it all. */
export type Reach = 'sentences' | 'words' | 'all'

/** The text from `told` on as far as `reach` goes, and where that ends. */
export function newSentences(text: string, told: number, reach: Reach): { words: string; told: number } {
  if (reach === 'all') return { words: plainText(text.slice(told)), told: text.length }
  let end = told
  SENTENCE.lastIndex = told
  for (let match = SENTENCE.exec(text); match; match = SENTENCE.exec(text)) {
    // A stop that nothing follows yet may be the first of three.
    if (SENTENCE.lastIndex === text.length && !/\s$/.test(match[0])) break
    end = SENTENCE.lastIndex
  }
  if (end === told && (reach === 'words' || text.length - told > LONGEST)) {
    const space = text.lastIndexOf(' ')
    if (space > told) end = space + 1
  }
  return { words: plainText(text.slice(told, end)), told: end }
}

/** How much of `text` is told already, when `told` was: of a text that has begun anew, only whole sentences that stayed. */
export function stillTold(text: string, told: string): number {
  if (text.startsWith(told)) return told.length
  let same = 0
  while (same < text.length && text[same] === told[same]) same++
  return newSentences(text.slice(0, same), 0, 'sentences').told
}
