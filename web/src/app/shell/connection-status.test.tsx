import 'fake-indexeddb/auto'
import { act, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { renderPage } from '../../../test/page'
import { lastingChanged } from '../../outbox/sayings'
import { conversations, outbox, store } from '../../realtime/realtime'
import { becameOutdated, databaseChanged } from '../../realtime/store'
import { ConnectionStatus } from './connection-status'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const wait = (milliseconds: number) => act(() => vi.advanceTimersByTime(milliseconds))
const become = (status: 'online' | 'waiting') => act(() => conversations.onStatus(status))

test('a short loss is not told, a longer one is, with what is kept', () => {
  become('online')
  renderPage(<ConnectionStatus />)
  const status = screen.getByRole('status', { name: 'Connection' })
  become('waiting')
  wait(1_999)
  expect(status).toBeEmptyDOMElement()

  act(() => void outbox.say({ sessionId: 's1', content: 'Hello?' }))
  wait(1)
  expect(status).toHaveTextContent('Reconnecting… One message is kept and sent later.')
  expect(screen.getByRole('button', { name: 'Retry now' })).toBeEnabled()

  become('online')
  expect(status).toBeEmptyDOMElement()
})

test('text that is delayed is told calmly, a database that is away before it', () => {
  become('online')
  renderPage(<ConnectionStatus />)
  const status = screen.getByRole('status', { name: 'Connection' })
  expect(status).toBeEmptyDOMElement()

  act(() => conversations.onFrame({ type: 'pong', n: 1, heads: [], delayed: true }))
  expect(status).toHaveTextContent('Live text is delayed. Nothing is lost.')
  expect(screen.getByRole('link', { name: 'Details' })).toHaveAttribute('href', '/health')

  act(() => void store.dispatch(databaseChanged('away')))
  expect(status).toHaveTextContent('The database is away.')
  expect(status).not.toHaveTextContent('Live text')

  act(() => {
    store.dispatch(databaseChanged('here'))
    conversations.onFrame({ type: 'pong', n: 2, heads: [] })
  })
  expect(status).toBeEmptyDOMElement()
})

test('without a network it is called offline, and what is kept is counted', () => {
  become('online')
  renderPage(<ConnectionStatus />)
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  act(() => void dispatchEvent(new Event('offline')))
  become('waiting')
  wait(2_000)

  expect(screen.getByRole('status', { name: 'Connection' })).toHaveTextContent(
    /Offline: messages are kept and sent later\.( \(\d\))?/,
  )
})

test('a hidden tab, which needs no connection, says nothing of it', () => {
  become('online')
  renderPage(<ConnectionStatus />)
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
  act(() => void document.dispatchEvent(new Event('visibilitychange')))
  become('waiting')
  wait(60_000)

  expect(screen.getByRole('status', { name: 'Connection' })).not.toHaveTextContent('Reconnecting')
})

test('a new version waits until the reader reloads', () => {
  become('online')
  renderPage(<ConnectionStatus />)
  act(() => void store.dispatch(becameOutdated()))

  expect(screen.getByRole('status', { name: 'Connection' })).toHaveTextContent('There is a new version.')
  expect(screen.getByRole('button', { name: 'Reload to update' })).toBeEnabled()
})

test('a browser that keeps nothing is told of while something waits', () => {
  become('online')
  renderPage(<ConnectionStatus />)
  act(() => {
    outbox.say({ sessionId: 's1', content: 'Hello?' })
    store.dispatch(lastingChanged(false))
  })

  expect(screen.getByRole('status', { name: 'Connection' })).toHaveTextContent('This browser keeps nothing')
})
