import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { render } from '@testing-library/react'
import { expect, test } from 'vitest'
import { Toaster } from '../ui/toaster'
import { Markdown } from './markdown'

/** The payloads that the browser tests send through everything that is shown. */
const PAYLOADS = Object.values<string[]>(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../../tests/browser/security/xss.json'), 'utf8')),
).flat()

/** All that Markdown may make, with the attributes it may have. */
const MADE: Record<string, string[]> = {
  a: ['href', 'target', 'rel'],
  blockquote: [],
  br: [],
  code: [],
  del: [],
  div: ['class', 'tabindex'],
  em: [],
  h3: ['dir'],
  h4: ['dir'],
  h5: ['dir'],
  h6: ['dir'],
  hr: [],
  input: ['type', 'disabled', 'readonly', 'checked', 'aria-label'],
  li: ['class'],
  ol: ['dir', 'start', 'class'],
  p: ['dir', 'class'],
  pre: ['dir', 'tabindex'],
  span: ['class'],
  strong: [],
  table: ['dir'],
  tbody: [],
  td: ['style'],
  th: ['style'],
  thead: [],
  tr: [],
  ul: ['dir', 'class'],
}
const ALIGNED = /^text-align: (left|center|right);$/

function harmIn(text: string, growing: boolean): string[] {
  const { container, unmount } = render(
    <Toaster>
      <main>
        <Markdown text={text} growing={growing} />
      </main>
    </Toaster>,
  )
  // Buttons are the app's own; their names come from its catalogue.
  for (const button of container.querySelectorAll('main button')) button.remove()
  const harm = [...container.querySelectorAll('main *')].flatMap((element) => {
    const attributes = MADE[element.localName]
    if (!attributes) return [element.outerHTML]
    const strange = [...element.attributes].filter(({ name }) => !attributes.includes(name)).map(({ name }) => name)
    const href = element.getAttribute('href')
    if (href !== null && !/^(https?|mailto):/i.test(href)) strange.push(href)
    const style = element.getAttribute('style')
    if (style !== null && !ALIGNED.test(style)) strange.push(style)
    return strange
  })
  unmount()
  return harm
}

test('there are enough of them', () => {
  expect(new Set(PAYLOADS).size).toBeGreaterThanOrEqual(200)
})

test('no payload becomes anything but text and harmless links, also while it is being written', () => {
  for (const payload of PAYLOADS) {
    expect(harmIn(payload, false), payload).toEqual([])
    for (const part of [0.4, 0.7, 1]) {
      expect(harmIn(payload.slice(0, Math.ceil(payload.length * part)), true), payload).toEqual([])
    }
  }
}, 600_000)
