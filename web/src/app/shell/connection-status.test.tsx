import { act, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { renderPage } from '../../../test/page'
import { conversations } from '../../realtime/realtime'
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

  act(() => void conversations.say({ sessionId: 's1', content: 'Hello?' }))
  wait(1)
  expect(status).toHaveTextContent('Reconnecting… One message is kept and sent later.')
  expect(screen.getByRole('button', { name: 'Retry now' })).toBeEnabled()

  become('online')
  expect(status).toBeEmptyDOMElement()
})
