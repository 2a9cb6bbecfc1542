import { i18n } from '@lingui/core'
import { act, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { compile } from '../../../catalogues'
import type { MessageKey } from './keys'
import { speak } from './language'
import { text, useText } from './text'

const key = (name: string) => `test.${name}` as MessageKey
const say = (messages: Record<string, string>, locale = 'en') => {
  const keyed = Object.entries(messages).map(([name, message]) => [key(name), message])
  act(() => i18n.loadAndActivate({ locale, messages: compile(Object.fromEntries(keyed)) }))
}

afterEach(() => act(() => speak('en')))

test('numbers are counted and written as the language does', () => {
  const kept = '{n, plural, one {One message is kept} other {# messages are kept}}'
  say({ kept, figure: '{n, number} of them' })
  expect(text(key('kept'), { n: 1 })).toBe('One message is kept')
  expect(text(key('kept'), { n: 1_234 })).toBe('1,234 messages are kept')

  say({ kept, figure: '{n, number} of them' }, 'fa')
  expect(text(key('figure'), { n: 12 })).toBe('۱۲ of them')
})

test.each(['<b>Wren</b>', '{n}', '\\u0041', "It's #1"])(
  'a value is never read as a part of the message: %s',
  (name) => {
    say({ greeting: 'Talk to <b>{name}</b> today' })

    expect(text(key('greeting'), { name })).toBe(`Talk to <b>${name}</b> today`)
    const { container } = render(<Greeting name={name} />)
    expect(container).toHaveTextContent(`Talk to ${name} today`, { normalizeWhitespace: false })
    expect(container.querySelectorAll('b')).toHaveLength(1)
  },
)

function Greeting({ name }: { name: string }) {
  const t = useText()
  return <p>{t.rich(key('greeting'), { name, b: (words) => <b>{words}</b> })}</p>
}

test('from right to left a name is laid out by itself, and nothing is added to what is empty', () => {
  say({ talk: 'گفتگو با {name}', told: '{words}پایان' }, 'fa')

  expect(text(key('talk'), { name: 'Who?' })).toBe('گفتگو با \u2068Who?\u2069')
  expect(text(key('told'), { words: '' })).toBe('پایان')
  say({ talk: 'Talk to {name}' })
  expect(text(key('talk'), { name: 'کاپیتان' })).toBe('Talk to کاپیتان')
})

test('a message takes elements where the language wants them', () => {
  say({ when: '<link>Ask</link> again at {time}, or <link>wait</link>.' })
  function When() {
    const t = useText()
    return <p>{t.rich(key('when'), { time: <time>12:00</time>, link: (words) => <a href="/">{words}</a> })}</p>
  }
  const { container } = render(<When />)

  expect(container).toHaveTextContent('Ask again at 12:00, or wait.')
  expect(screen.getAllByRole('link').map((link) => link.textContent)).toEqual(['Ask', 'wait'])
})

test('another language is spoken at once, by what is on the page already', () => {
  say({ greeting: 'Talk to {name}' })
  function Plain() {
    const t = useText()
    return <p>{t(key('greeting'), { name: 'Wren' })}</p>
  }
  const { container } = render(<Plain />)

  say({ greeting: '{name}と話す' }, 'ja')
  expect(container).toHaveTextContent('Wrenと話す')
})
