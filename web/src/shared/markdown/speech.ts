/** What is said in a story: the words between quotation marks, as nodes of their own. */

import type { Nodes, PhrasingContent, Root } from 'mdast'

interface Speech {
  type: 'speech'
  children: Inline[]
  data: { hName: 'span'; hProperties: { className: string[] } }
}
type Inline = PhrasingContent | Speech

/** Pairs of the world's scripts. Single ones are left out: most of them are apostrophes. */
const PAIRS: Record<string, string> = { '“': '”', '„': '“”', '«': '»', '「': '」', '『': '』', '"': '"' }
const QUOTE = /["“”„«»「」『』]/g
const OPENS_BEFORE = /[\s([{—–…-]$/

/** Gather what is said in every paragraph of `tree`. */
export function gatherSpeech(tree: Root): void {
  visit(tree)
}

function visit(node: Nodes): void {
  if (!('children' in node)) return
  for (const child of node.children) visit(child)
  switch (node.type) {
    case 'paragraph':
    case 'heading':
    case 'tableCell':
    case 'emphasis':
    case 'strong':
      node.children = gathered(node.children) as PhrasingContent[]
  }
}

function gathered(children: readonly PhrasingContent[]): Inline[] {
  const out: Inline[] = []
  let open: { mark: string; nodes: Inline[] } | null = null
  const put = (node: Inline) => (open?.nodes ?? out).push(node)
  const putText = (value: string) => value && put({ type: 'text', value })

  for (const [place, child] of children.entries()) {
    if (child.type !== 'text') {
      put(child)
      continue
    }
    const { value } = child
    let from = 0
    for (const { 0: mark, index } of value.matchAll(QUOTE)) {
      const before = value.slice(0, index)
      const after = value.slice(index + 1)
      if (open !== null && PAIRS[open.mark]?.includes(mark) && (mark !== '"' || !/\s$/.test(before))) {
        putText(value.slice(from, index + 1))
        out.push(speech(open.nodes))
        open = null
      } else if (open === null && mark in PAIRS && (mark !== '"' || opensPlain(before, after, place, children))) {
        putText(value.slice(from, index))
        open = { mark, nodes: [] }
        putText(mark)
      } else continue
      from = index + 1
    }
    putText(value.slice(from))
  }
  // Who goes on speaking in the next paragraph leaves the mark open; a plain one may be inches.
  if (open !== null) out.push(...(open.mark === '"' ? open.nodes : [speech(open.nodes)]))
  return out
}

/** Whether a plain quotation mark begins something, by what stands beside it. */
function opensPlain(before: string, after: string, place: number, children: readonly PhrasingContent[]): boolean {
  const begins = before === '' ? place === 0 || children[place - 1]?.type === 'break' : OPENS_BEFORE.test(before)
  return begins && (after === '' ? place < children.length - 1 : !/^\s/.test(after))
}

function speech(children: Inline[]): Speech {
  return { type: 'speech', children, data: { hName: 'span', hProperties: { className: ['speech'] } } }
}
