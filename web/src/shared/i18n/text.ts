import { i18n } from '@lingui/core'
import { createElement, Fragment, type ReactNode, useSyncExternalStore } from 'react'
import type { MessageKey } from './keys'
import { isRightToLeft } from './language'

type Values = Record<string, string | number>
type RichValues = Record<string, ReactNode | ((words: ReactNode) => ReactNode)>

export interface Text {
  /** The message in the present language. Numbers are written `{n, number}` or counted by `{n, plural, …}`. */
  (key: MessageKey, values?: Values): string
  /** A message with elements in it: `{when}` takes one, the words of `<link>words</link>` go through the function `link`. */
  rich(key: MessageKey, values: RichValues): ReactNode
}

/** A value stands in the message as one character of this private area, so that nothing inside it is read as markup. */
const FIRST_MARK = 0xe000
const MARK = /([\ue000-\ue0ff])/
const ELEMENT = /<(\w+)>(.*?)<\/\1>/
/** Characters without a width: what stands between them is laid out by itself, so that a name's full stop stays with it. */
const ISOLATE = '\u2068'
const END_OF_ISOLATE = '\u2069'

let present = inPresentLanguage()
i18n.on('change', () => {
  present = inPresentLanguage()
})

/** The words of the page. The component is drawn again when the reader chooses another language. */
export function useText(): Text {
  return useSyncExternalStore(subscribe, () => present)
}

/** Words outside of components, in the language of this moment: what shows them has to ask again by itself. */
export function text(key: MessageKey, values?: Values): string {
  return present(key, values)
}

function subscribe(listener: () => void): () => void {
  return i18n.on('change', listener)
}

/** A new function for each language, so that whatever was made with the last one is made anew. */
function inPresentLanguage(): Text {
  const plain = (key: MessageKey, values: Values = {}) => {
    const { message, marked } = fill(key, values)
    return parts(message, marked).join('')
  }
  const rich = (key: MessageKey, values: RichValues) => {
    const { message, marked } = fill(key, values)
    return elements(message, values, marked)
  }
  return Object.assign(plain, { rich })
}

/** The message with a mark in place of each value but numbers, and what the marks stand for. */
function fill(key: MessageKey, values: RichValues) {
  const marked = new Map<string, ReactNode>()
  const shown: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'function') continue
    if (typeof value === 'number') shown[name] = value
    else {
      const mark = String.fromCharCode(FIRST_MARK + marked.size)
      marked.set(mark, typeof value === 'string' ? isolated(value) : value)
      shown[name] = mark
    }
  }
  return { message: i18n._(key, shown), marked }
}

/** Names and quotations may be in any script. From left to right the browser does well without help. */
function isolated(value: string): string {
  return value !== '' && isRightToLeft() ? `${ISOLATE}${value}${END_OF_ISOLATE}` : value
}

function parts(message: string, marked: Map<string, ReactNode>): ReactNode[] {
  return message.split(MARK).map((part) => (marked.has(part) ? marked.get(part) : part))
}

function elements(message: string, values: RichValues, marked: Map<string, ReactNode>): ReactNode {
  const [whole, name = '', words = ''] = ELEMENT.exec(message) ?? []
  const element = values[name]
  if (whole === undefined || typeof element !== 'function') {
    return together(parts(message, marked))
  }
  const start = message.indexOf(whole)
  return together([
    elements(message.slice(0, start), values, marked),
    element(elements(words, values, marked)),
    elements(message.slice(start + whole.length), values, marked),
  ])
}

/** The nodes of one message keep their places, so they need no keys. */
function together(nodes: ReactNode[]): ReactNode {
  return createElement(Fragment, null, ...nodes)
}
