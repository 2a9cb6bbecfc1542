/**
 * The Markdown of messages: tables, struck words, tasks and bare addresses as GitHub has them, line breaks that stay,
 * and speech. Of GitHub's the halves that read are taken, without footnotes; remark-gfm carries those that write.
 */

import { gfmAutolinkLiteralFromMarkdown } from 'mdast-util-gfm-autolink-literal'
import { gfmStrikethroughFromMarkdown } from 'mdast-util-gfm-strikethrough'
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table'
import { gfmTaskListItemFromMarkdown } from 'mdast-util-gfm-task-list-item'
import { gfmAutolinkLiteral } from 'micromark-extension-gfm-autolink-literal'
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough'
import { gfmTable } from 'micromark-extension-gfm-table'
import { gfmTaskListItem } from 'micromark-extension-gfm-task-list-item'
import type { Options } from 'react-markdown'
import remarkBreaks from 'remark-breaks'
import { gatherSpeech } from './speech'

type Plugins = NonNullable<Options['remarkPlugins']>
type Plugin = Extract<Plugins[number], (...parameters: never[]) => unknown>

const remarkReading: Plugin = function () {
  Object.assign(this.data(), {
    micromarkExtensions: [
      gfmAutolinkLiteral(),
      // A single ~ lengthens a word in many a chat.
      gfmStrikethrough({ singleTilde: false }),
      gfmTable(),
      gfmTaskListItem(),
    ],
    fromMarkdownExtensions: [
      gfmAutolinkLiteralFromMarkdown(),
      gfmStrikethroughFromMarkdown(),
      gfmTableFromMarkdown(),
      gfmTaskListItemFromMarkdown(),
    ],
  })
}

export const DIALECT: Plugins = [remarkReading, remarkBreaks, () => gatherSpeech]
