/**
 * A text cut into blocks that render alone exactly as they render together, so that a growing answer parses only its
 * last one. A wrong merge is safe, a wrong cut is not: where the rules are not enough, nothing is cut.
 *
 * Lines end and are blank as Markdown has it: a line of no-break spaces is text.
 */

const LINE_END = /\r\n?|\n/
export const BLANK = /^[ \t]*$/
const FENCE = /^( {0,3})(`{3,}|~{3,})(.*)$/s
/** Lines that may belong to what stands above the blank line: indented, list items, quotes, table rows. */
const CONTINUES = /^([ \t]|[-*+]([ \t]|$)|\d{1,9}[.)]([ \t]|$)|>|\|)/
/** A line that may still become one of them while it is being written. */
const UNDECIDED = /^[\s\d>|*+\-.)]*$/
/** HTML that runs over blank lines. */
const LONG_HTML = /^ {0,3}<(?:pre|script|style|textarea|!|\?)/i
/** What other blocks may refer to: definitions of links, also within quotes and lists. */
const DEFINITION = /^[\s>*+\-\d.)]*\[(?:\\.|[^\\[\]])+\]:/ms

/** Cut `text`; while it is `growing`, never where the next line is still undecided. */
export function splitBlocks(text: string, growing: boolean): string[] {
  if (!growing && DEFINITION.test(text)) return [text]
  const blocks: string[] = []
  const lines = text.split(LINE_END)
  let block: string[] = []
  let fence: string | null = null
  let blank = false
  for (const [number, line] of lines.entries()) {
    const undecided = growing && number === lines.length - 1 && UNDECIDED.test(line)
    if (fence === null && blank && !BLANK.test(line) && !CONTINUES.test(line) && !undecided) {
      blocks.push(block.join('\n'))
      block = []
    }
    block.push(line)
    blank = BLANK.test(line)
    if (fence === null) {
      const [, indent, mark = '', info = ''] = FENCE.exec(line) ?? []
      const opens = mark !== '' && !(mark.startsWith('`') && info.includes('`'))
      if ((opens && indent !== '') || LONG_HTML.test(line)) {
        // An indented fence may end with its list item, HTML with its tag: too much to follow here.
        block.push(...lines.slice(number + 1))
        break
      }
      if (opens) fence = mark
    } else if (closes(line, fence)) {
      fence = null
    }
  }
  blocks.push(block.join('\n'))
  return blocks.filter((part) => !part.split('\n').every((line) => BLANK.test(line)))
}

function closes(line: string, fence: string): boolean {
  const [, , mark = '', rest = ''] = FENCE.exec(line) ?? []
  return mark.startsWith(fence) && BLANK.test(rest)
}
