import { render, screen } from '@testing-library/react'
import { renderToStaticMarkup } from 'react-dom/server'
import ReactMarkdown from 'react-markdown'
import remarkBreaks from 'remark-breaks'
import remarkGfm from 'remark-gfm'
import { expect, test } from 'vitest'
import { splitBlocks } from './blocks'
import { Markdown } from './markdown'
import { repairTail } from './tail'

const PIECES = [
  'A plain line.',
  '*she says*',
  '**loud**',
  '“Give it here,” she says.',
  '',
  '',
  '',
  '- one',
  '- two',
  '  inside',
  '    deep',
  '1. first',
  '2) second',
  '> quoted',
  '| a | b |',
  '| - | - |',
  '```',
  '```js',
  '~~~',
  '~~~~',
  ' ```',
  '   code',
  '---',
  '# Title',
  '`tick`',
  '<b>html</b>',
  '<pre>',
  '</pre>',
  '* * *',
  '1986. A year',
  '+',
  '[a](https://example.org)',
  'two  \nlines',
  '\\*not\\*',
  '<!-- a -->',
]

/** A small generator with a seed: the same documents on every machine. */
function documents(count: number): string[] {
  let seed = 7
  const next = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return Math.floor((seed / 2147483648) * below)
  }
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + next(14) }, () => PIECES[next(PIECES.length)]).join('\n'),
  )
}

function html(text: string): string {
  return renderToStaticMarkup(<ReactMarkdown remarkPlugins={[remarkGfm, remarkBreaks]}>{text}</ReactMarkdown>)
}

test('a document renders the same whether split or whole', () => {
  for (const text of documents(3000)) {
    const split = splitBlocks(text, false).map(html).join('\n')
    expect(split.replaceAll('\n', ''), text).toBe(html(text).replaceAll('\n', ''))
  }
}, 60_000)

test('over every prefix of a growing document no finished block changes', () => {
  for (const text of documents(300)) {
    const final = splitBlocks(text, true)
    for (let end = 1; end < text.length; end++) {
      const blocks = splitBlocks(text.slice(0, end), true)
      for (const [place, block] of blocks.slice(0, -1).entries())
        expect(final[place]?.trimEnd(), text).toBe(block.trimEnd())
      expect(() => repairTail(blocks.at(-1) ?? '')).not.toThrow()
    }
  }
})

test.each([
  ['*The cup goes', '*The cup goes*'],
  ['*The cup ', '*The cup*'],
  ['**loud and *soft', '**loud and *soft***'],
  ['said *', 'said '],
  ['*done* and', '*done* and'],
  ['**almost*', '**almost**'],
  ['2 * 3', '2 * 3'],
  ['a `code', 'a `code`'],
  ['a `*` b *c', 'a `*` b *c*'],
  ['see [the map](https://exa', 'see the map'],
  ['\\*not', '\\*not'],
  ['```\n*open', '```\n*open'],
])('the tail %j is shown as %j', (tail, shown) => {
  expect(repairTail(tail)).toBe(shown)
})

test('HTML of a message is text, a picture is a link, and other schemes lead nowhere', () => {
  const { container } = render(
    <Markdown
      text={'<img src=x onerror=alert(1)>\n\n![a cat](https://elsewhere.test/cat.png)\n\n[run](javascript:alert(1))'}
    />,
  )

  expect(container.querySelector('img')).toBeNull()
  expect(container).toHaveTextContent('<img src=x onerror=alert(1)>')
  expect(screen.getByRole('link', { name: 'a cat' })).toHaveAttribute('href', 'https://elsewhere.test/cat.png')
  expect(screen.getByRole('link', { name: 'a cat' })).toHaveAttribute('rel', 'noopener noreferrer nofollow')
  expect(container).toHaveTextContent('elsewhere.test')
  expect(screen.queryByRole('link', { name: 'run' })).toBeNull()
})

test('line breaks of a message stay', () => {
  const { container } = render(<Markdown text={'one\ntwo'} />)

  expect(container.querySelector('br')).not.toBeNull()
})
