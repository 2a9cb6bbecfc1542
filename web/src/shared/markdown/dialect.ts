/**
 * The Markdown of messages: tables, struck words, tasks and bare addresses as GitHub has them, line breaks that stay,
 * and speech. HTML is text. Only the halves that read are here; the packages that gather them carry those that write.
 */

import type { Root } from 'hast'
import type { Html } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmAutolinkLiteralFromMarkdown } from 'mdast-util-gfm-autolink-literal'
import { gfmStrikethroughFromMarkdown } from 'mdast-util-gfm-strikethrough'
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table'
import { gfmTaskListItemFromMarkdown } from 'mdast-util-gfm-task-list-item'
import { newlineToBreak } from 'mdast-util-newline-to-break'
import { toHast } from 'mdast-util-to-hast'
import { gfmAutolinkLiteral } from 'micromark-extension-gfm-autolink-literal'
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough'
import { gfmTable } from 'micromark-extension-gfm-table'
import { gfmTaskListItem } from 'micromark-extension-gfm-task-list-item'
import { gatherSpeech } from './speech'

const READING = {
  extensions: [
    gfmAutolinkLiteral(),
    // A single ~ lengthens a word in many a chat.
    gfmStrikethrough({ singleTilde: false }),
    gfmTable(),
    gfmTaskListItem(),
  ],
  mdastExtensions: [
    gfmAutolinkLiteralFromMarkdown(),
    gfmStrikethroughFromMarkdown(),
    gfmTableFromMarkdown(),
    gfmTaskListItemFromMarkdown(),
  ],
}
const HANDLERS = { html: (_: unknown, { value }: Html) => ({ type: 'text' as const, value }) }

/** The elements that a text is, and nothing that it was written in. */
export function read(text: string): Root {
  const tree = fromMarkdown(text, READING)
  newlineToBreak(tree)
  gatherSpeech(tree)
  const elements = toHast(tree, { handlers: HANDLERS })
  return elements.type === 'root' ? elements : { type: 'root', children: [] }
}
