import { act, screen } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { aMessage } from '../../../test/factories/rows'
import { renderPage } from '../../../test/page'
import { conversations } from '../../realtime/realtime'
import type { Message } from '../../shared/api/wire'
import { show as choose } from '../../shared/theme/interface'
import { ReplyAnnouncer } from './reply-announcer'

const { buffers } = conversations
const RUNNING = aMessage({ id: 'm2', role: 'assistant', status: 'streaming', attempt: 1 })

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
  buffers.forget('m2')
  choose({ announce: 'sentences' })
})

function announce(reply: Message) {
  renderPage(<ReplyAnnouncer running={reply} messages={{ m2: reply }} speaker="Wren" />)
  return screen.getByTestId('reply-announcer')
}

function grow(text: string) {
  act(() => {
    buffers.push('m2', text)
    vi.advanceTimersByTime(200)
  })
}

test('that somebody answers is told, then each sentence once it is whole', () => {
  const told = announce(RUNNING)
  expect(told).toHaveTextContent('Wren is answering')
  grow('The lamp is lit. And the f')
  expect(told).toHaveTextContent(/^The lamp is lit\.$/)
  grow('The lamp is lit. And the fog comes. ')
  expect(told).toHaveTextContent(/^And the fog comes\.$/)
})

test('a reply that begins anew is told from its beginning', () => {
  const told = announce(RUNNING)
  grow('The lamp is lit. And the fog comes. ')
  expect(told).toHaveTextContent(/^The lamp is lit. And the fog comes\.$/)
  grow('The')
  grow('The lamp is out. And ')
  expect(told).toHaveTextContent(/^The lamp is out\.$/)
})

test('of a reply that goes on from a part of it, the rest is told', () => {
  const told = announce(RUNNING)
  grow('The lamp is lit. And the fog comes. ')
  grow('The lamp is lit. And the s')
  grow('The lamp is lit. And the sun comes. ')
  expect(told).toHaveTextContent(/^And the sun comes\.$/)
})

test('a sentence that is written twice is told twice', () => {
  const told = announce(RUNNING)
  grow('Wait! ')
  const first = told.firstChild
  grow('Wait! Wait! ')
  expect(told).toHaveTextContent(/^Wait!$/)
  expect(told.firstChild).not.toBe(first)
})

test('a sentence that does not end is told after three seconds, in whole words', () => {
  const told = announce(RUNNING)
  grow('Long ago and far aw')
  expect(told).toHaveTextContent('Wren is answering')
  act(() => vi.advanceTimersByTime(3_000))
  expect(told).toHaveTextContent(/^Long ago and far$/)
})

test.each([
  ['comes at once', null, /^Good night\. Answer complete\.$/],
  ['is followed by the next reply', aMessage({ id: 'm3', role: 'assistant', status: 'queued' }), /^Wren is answering$/],
])('an end that %s takes no sentence away', (_, next, last) => {
  let end = () => undefined as undefined
  function Ending() {
    const [reply, setReply] = useState(RUNNING)
    end = () => void setReply({ ...RUNNING, status: 'complete', content: 'The lamp is lit. Good night.' }) as undefined
    const running = reply.status === 'complete' ? next : reply
    return <ReplyAnnouncer running={running} messages={{ m2: reply }} speaker="Wren" />
  }
  renderPage(<Ending />)
  const told = screen.getByTestId('reply-announcer')
  act(() => vi.advanceTimersByTime(1_000))

  act(() => {
    buffers.push('m2', 'The lamp is lit. Good')
    vi.advanceTimersByTime(100)
    buffers.forget('m2')
    end()
  })
  expect(told).toHaveTextContent(/^The lamp is lit\.$/)
  act(() => vi.advanceTimersByTime(150))
  expect(told).toHaveTextContent(/^Good night\. Answer complete\.$/)
  act(() => vi.advanceTimersByTime(1_000))
  expect(told).toHaveTextContent(last)
})

test('who wants no sentences hears that it began; who wants nothing hears nothing', () => {
  choose({ announce: 'ends' })
  const told = announce(RUNNING)
  grow('The lamp is lit. And ')
  expect(told).toHaveTextContent('Wren is answering')

  act(() => choose({ announce: 'off' }))
  grow('The lamp is lit. And more. And ')
  expect(told).toHaveTextContent('Wren is answering')
})

test('who wants sentences from now on is not told the earlier ones', () => {
  choose({ announce: 'ends' })
  const told = announce(RUNNING)
  grow('The lamp is lit. And ')
  act(() => choose({ announce: 'sentences' }))
  grow('The lamp is lit. And the fog comes. ')
  expect(told).toHaveTextContent(/^the fog comes\.$/)
})
