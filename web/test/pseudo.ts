/**
 * The English messages in a language that nobody speaks: without an ASCII letter and two fifths longer, so that a test
 * sees which words do not come from the catalogue, and which do not fit. It is read from right to left.
 */

import { compile, messagesOf } from '../catalogues.ts'

const LETTERS = new Map(
  [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter, place) => [
    letter,
    [...'àƀçđéƒğĥîĵķļɱñöþǫŕšţûṽŵẋýžÀƁÇĐÉƑĞĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ'][place] ?? letter,
  ]),
)

export function pseudo() {
  return compile(messagesOf('en'), (text) =>
    text
      .split(/(<\/?\w+>)/)
      .map((part, place) => (place % 2 === 1 ? part : longer(part)))
      .join(''),
  )
}

function longer(words: string): string {
  const letters = [...words].filter((letter) => LETTERS.has(letter)).length
  return [...words].map((letter) => LETTERS.get(letter) ?? letter).join('') + '·'.repeat(Math.ceil(letters * 0.4))
}
