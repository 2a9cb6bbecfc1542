import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Toaster } from '../ui/toaster'
import { splitBlocks } from './blocks'
import { read } from './dialect'
import { Markdown } from './markdown'
import { repairTail } from './tail'

const LINES = [
  'A plain line.',
  '*she says*',
  '**loud** and __bold__',
  '“Give it here,” she says.',
  '“and nobody',
  '',
  '',
  '',
  '',
  '  ',
  '\u00a0',
  '- one',
  '- two',
  '  inside',
  '    deep',
  '1. first',
  '2) second',
  '> quoted',
  '>',
  '> ```',
  '| a | b |',
  '| - | - |',
  '```',
  '```js',
  '```a\u2028b',
  '~~~',
  '~~~~',
  ' ```',
  '- ```',
  '   code',
  '---',
  '===',
  '# Title',
  '`tick`',
  '<b>html</b>',
  '<pre>',
  '</pre>',
  '* * *',
  '1986. A year',
  '+',
  '[a](https://example.org)',
  '[a]: https://example.org',
  '> [a\\]b]: https://example.org',
  '[a] and [a\\]b]',
  'two  \nlines',
  '\\*not\\*',
  '<!-- a -->',
  '~~gone~~ and ~long~',
  '- [x] done',
  'www.example.org',
]

/** Documents of lines that mean something in Markdown, and of what nobody thought of. */
const documents = fc
  .array(
    fc.tuple(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...LINES) },
        { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...'*_`~#>-+|[]()<>!:."“” \ta1\\') }) },
      ),
      fc.constantFrom('\n', '\n', '\n', '\r\n'),
    ),
    { minLength: 1, maxLength: 9 },
  )
  .map((lines) => lines.flat().join('').trimEnd())

const STEADY = { numRuns: 3_000, seed: 7 }

/** What a text becomes, without where it stood and how its lines ended. */
function elements(text: string): string[] {
  return read(text)
    .children.map((node) => JSON.stringify(node, (key, value) => (key === 'position' ? undefined : value)))
    .map((node) => node.replaceAll('\\r\\n', '\\n'))
    .filter((node) => node !== LINE_END)
}
const LINE_END = JSON.stringify({ type: 'text', value: '\n' })

test('a document renders the same whether split or whole', () => {
  fc.assert(
    fc.property(documents, (text) => {
      expect(splitBlocks(text, false).flatMap(elements)).toEqual(elements(text))
    }),
    STEADY,
  )
}, 600_000)

test('over every prefix of a growing document no finished block changes, and its tail can be shown', () => {
  fc.assert(
    fc.property(documents, fc.nat(), (text, place) => {
      const final = splitBlocks(text, true)
      for (let end = 1; end < text.length; end++) {
        const blocks = splitBlocks(text.slice(0, end), true)
        const tail = repairTail(blocks.pop() ?? '')
        if (end === place % text.length) read(tail)
        if (blocks.some((block, at) => final[at]?.trimEnd() !== block.trimEnd())) return false
      }
      return true
    }),
    STEADY,
  )
}, 600_000)

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
  ['so:\n```\n*open', 'so:\n```\n*open'],
  ['> ```\n> *open', '> ```\n> *open'],
  ['_she says', '_she says_'],
  ['snake_case', 'snake_case'],
  ['~~gone', '~~gone~~'],
  ['***loud** and', '***loud** and*'],
  ['- *one\n- two', '- *one\n- two'],
  ['- one\n- *two', '- one\n- *two*'],
  ['# *Title', '# *Title*'],
  ['| *a | *b', '| *a | *b*'],
  ['*never closed\n\n', '*never closed\n\n'],
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

function shown(text: string): HTMLElement {
  return render(<Markdown text={text} />).container
}

test.each([
  ['“Give it *here*,” she says.', ['“Give it here,”']],
  ['"Yes," he says, "6 feet."', ['"Yes,"', '"6 feet."']],
  ['A 6" nail and a 7" one.', []],
  ['"He never closed it', []],
  ['“And in the next paragraph she goes on', ['“And in the next paragraph she goes on']],
  ['«Oui», 「はい」, „Ja“', ['«Oui»', '「はい」', '„Ja“']],
  ['*She says “no” softly*', ['“no”']],
  ['`"code"`', []],
  ['one\n"two"\nthree', ['"two"']],
])('in %j is said %j', (text, said) => {
  expect([...shown(text).querySelectorAll('.speech')].map((node) => node.textContent)).toEqual(said)
})

test('a tail that is very long is plain until it ends', () => {
  const text = `*${'word '.repeat(1_000)}`
  const { container, rerender } = render(<Markdown text={text} growing />)
  expect(container.querySelector('em')).toBeNull()
  expect(container).toHaveTextContent(text.trim())

  rerender(<Markdown text={`${text.trim()}*`} />)
  expect(container.querySelector('em')).not.toBeNull()
})

test('code is coloured once its text has ended', async () => {
  const text = '```js\nconst lamp = "lit" // always\n```'
  const page = (growing: boolean) => (
    <Toaster>
      <Markdown text={text} growing={growing} />
    </Toaster>
  )
  const { container, rerender } = render(page(true))
  expect(container.querySelector('pre')).toHaveTextContent('const lamp = "lit" // always')
  expect(container.querySelector('[data-code]')).toBeNull()

  rerender(page(false))
  await import('./highlight')
  expect(await screen.findByText('const')).toHaveAttribute('data-code', 'keyword')
  expect(screen.getByText('"lit"')).toHaveAttribute('data-code', 'string')
  expect(screen.getByText('// always')).toHaveAttribute('data-code', 'comment')
})

test('code is copied as it was written', async () => {
  const user = userEvent.setup()
  render(
    <Toaster>
      <Markdown text={'```python\nfor turn in range(12):\n    lamp.turn(turn)\n```'} />
    </Toaster>,
  )

  await user.click(screen.getByRole('button', { name: 'Copy code' }))

  expect(await navigator.clipboard.readText()).toBe('for turn in range(12):\n    lamp.turn(turn)\n')
  expect(await screen.findByText('Copied')).toBeInTheDocument()
})

test('headings of a message stand below those of the page, tasks have names', () => {
  shown('# Title\n\n- [x] wound\n- [ ] oiled')

  expect(screen.getByRole('heading', { level: 3, name: 'Title' })).toBeInTheDocument()
  expect(screen.getByRole('checkbox', { name: 'Done' })).toBeChecked()
  expect(screen.getByRole('checkbox', { name: 'To do' })).not.toBeChecked()
})

test.each([
  ['1. one\n2. two', null],
  ['99. this\n100. that', 'ps-[2.75em]'],
  ['1811. spring\n1812. war', 'ps-[2.75em]'],
  ['123456789. far', 'ps-[5.75em]'],
])('the numbers of %j have room before their list', (text, room) => {
  expect(shown(text).querySelector('ol')?.getAttribute('class') || null).toBe(room)
})
