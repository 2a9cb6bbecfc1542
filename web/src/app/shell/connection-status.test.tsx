import { act, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { renderPage } from '../../../test/page'
import { conversations, outbox, store } from '../../realtime/realtime'
import { databaseChanged } from '../../realtime/store'
import { ConnectionStatus } from './connection-status'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
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
