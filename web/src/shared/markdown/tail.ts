/**
 * The last block of a text that is still being written, closed as if it ended here, so that an action is italic from its
 * first word and not from its last. Open emphasis, code spans and links are repaired, nothing else; an open fence needs
 * no help.
 */

import { BLANK } from './blocks'

const TOKEN = /\\.|`+|\*+|_+|~{2}/gs
const HALF_LINK = /!?\[([^\]\n]*)\]\([^)\s]*$/
/** What may stand before the text of a line: marks of quotes, lists and headings. */
const MARKERS = /^(?:[ \t]|>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])|#{1,6}(?=[ \t]))*/
const BEGINS = /[-*+.)#]/
const FENCE = /^(`{3,}|~{3,})(.*)$/s

export function repairTail(block: string): string {
  const start = lastText(block)
  return start === null ? block : block.slice(0, start) + closed(block.slice(start))
}

/**
 * Where the last paragraph, item, heading or cell begins: what is open in it may still be closed, what was left open
 * before it never is. Null when the block ends in a fence or with a blank line.
 */
function lastText(block: string): number | null {
  let fence: string | null = null
  let start: number | null = null
  let at = 0
  for (const line of block.split('\n')) {
    const markers = MARKERS.exec(line)?.[0] ?? ''
    const rest = line.slice(markers.length)
    const [, mark = '', info = ''] = FENCE.exec(rest) ?? []
    if (fence !== null) {
      if (mark.startsWith(fence) && BLANK.test(info)) fence = null
    } else if (mark && !(mark.startsWith('`') && info.includes('`'))) {
      fence = mark
      start = null
    } else if (BLANK.test(rest)) {
      start = null
    } else if (start === null || BEGINS.test(markers) || rest.startsWith('|')) {
      start = at + markers.length + (rest.startsWith('|') ? rest.lastIndexOf('|') + 1 : 0)
    }
    at += line.length + 1
  }
  return fence === null ? start : null
}

function closed(tail: string): string {
  const text = tail.replace(HALF_LINK, '$1')
  const open: { mark: string; length: number }[] = []
  let codeEnd = 0
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (index < codeEnd || token.startsWith('\\')) continue
    const end = index + token.length
    const before = text[index - 1]
    const after = text[end]
    if (token.startsWith('`')) {
      const close = closingTicks(text, token, end)
      if (close === null) return text.endsWith(token) ? text.slice(0, index).trimEnd() : text + token
      codeEnd = close
      continue
    }
    // Marks that nothing follows yet: whether they open is not known.
    if (end === text.length && !isSolid(before)) return withEnds(text.slice(0, index), open)
    const inWord = token.startsWith('_') && isWord(before) && isWord(after)
    let length = token.length
    const closes = isSolid(before) && !inWord
    for (let top = open.at(-1); closes && length > 0 && top && token.startsWith(top.mark); top = open.at(-1)) {
      const taken = Math.min(length, top.length)
      length -= taken
      top.length -= taken
      if (top.length === 0) open.pop()
    }
    if (length > 0 && isSolid(after) && !inWord) open.push({ mark: token.charAt(0), length })
  }
  return withEnds(text, open)
}

function withEnds(text: string, open: readonly { mark: string; length: number }[]): string {
  if (open.length === 0) return text
  const ends = open.toReversed().map(({ mark, length }) => mark.repeat(length))
  return text.trimEnd() + ends.join('')
}

function closingTicks(text: string, ticks: string, from: number): number | null {
  for (const { 0: run, index } of text.slice(from).matchAll(/`+/g)) {
    if (run === ticks) return from + index + run.length
  }
  return null
}

function isSolid(character: string | undefined): boolean {
  return character !== undefined && /\S/.test(character)
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character)
}
