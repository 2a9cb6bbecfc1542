/** What a screen reader is told of a growing text: whole sentences, never a part of a word. */

import { plainText } from '../../shared/markdown/plain'

const SENTENCE = /[^.!?…]*[.!?…]+["”’)*_\s]*/y
const LONGEST = 200

/** The text from `told` on that is complete, and how far that reaches; everything when the text is `final`. */
export function newSentences(text: string, told: number, final: boolean): { words: string; told: number } {
  if (final) return { words: plainText(text.slice(told)), told: text.length }
  let end = told
  SENTENCE.lastIndex = told
  for (let match = SENTENCE.exec(text); match; match = SENTENCE.exec(text)) {
    // A stop that nothing follows yet may be the first of three.
    if (SENTENCE.lastIndex === text.length && !/\s$/.test(match[0])) break
    end = SENTENCE.lastIndex
  }
  if (end === told && text.length - told > LONGEST) {
    const space = text.lastIndexOf(' ')
    if (space > told) end = space + 1
  }
  return { words: plainText(text.slice(told, end)), told: end }
}
