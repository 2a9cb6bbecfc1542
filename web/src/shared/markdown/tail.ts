/**
 * The last block of a text that is still being written, closed as if it ended here, so that an action is italic from its
 * first word and not from its last. Open emphasis, code spans and links are repaired, nothing else; an open fence needs
 * no help.
 */

const TOKEN = /\\.|`+|\*+/gs
const HALF_LINK = /!?\[([^\]\n]*)\]\([^)\s]*$/
const OPEN_FENCE = /^ {0,3}(`{3,}|~{3,})/

export function repairTail(block: string): string {
  if (OPEN_FENCE.test(block)) return block
  const text = block.replace(HALF_LINK, '$1')
  const open: string[] = []
  let codeEnd = 0
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (index < codeEnd || token.startsWith('\\')) continue
    const end = index + token.length
    if (token.startsWith('`')) {
      const close = closingTicks(text, token, end)
      if (close === null) return text.endsWith(token) ? text.slice(0, index).trimEnd() : text + token
      codeEnd = close
    } else if (end === text.length && !isSolid(text[index - 1])) {
      // Stars that nothing follows yet: whether they open is not known.
      return close(text.slice(0, index), open)
    } else if (isSolid(text[index - 1]) && open.at(-1) === token) {
      open.pop()
    } else if (isSolid(text[end])) {
      open.push(token)
    }
  }
  return close(text, open)
}

function close(text: string, open: readonly string[]): string {
  if (open.length === 0) return text
  const trimmed = text.trimEnd()
  // Between `**bold*` and its second star, what stands there already is part of the closing.
  const last = open.at(-1) ?? ''
  const begun = last.length > 1 && trimmed.endsWith('*') && !trimmed.endsWith(last) ? 1 : 0
  return trimmed + open.toReversed().join('').slice(begun)
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
