import { configure, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { renderPage, serve } from '../../../test/page'
import { FindBar } from './find-bar'

// A busy machine types slowly.
configure({ asyncUtilTimeout: 10_000 })
vi.setConfig({ testTimeout: 60_000 })

const HITS = ['m1', 'm2', 'm3'].map((id, place) => ({
  kind: 'message',
  id,
  title: 'By the sea',
  snippet: 'lamp',
  session_id: 's1',
  character_id: null,
  marks: [[0, 4]],
  position: place + 1,
  on_branch: true,
  timestamp: '2026-01-02T03:04:05Z',
  score: 1,
}))

function open(items = HITS) {
  serve({ 'GET /api/search': { items, next_cursor: null } })
  const onClose = vi.fn()
  const { router } = renderPage(<FindBar sessionId="s1" onClose={onClose} />)
  return { onClose, at: () => new URLSearchParams(router.state.location.search).get('at') }
}

test('the newest hit is shown first, Enter goes round, Shift+Enter back', async () => {
  const user = userEvent.setup()
  const { at } = open()

  await user.keyboard('lamp')
  expect(await screen.findByText('3 of 3')).toBeInTheDocument()
  expect(at()).toBe('m3')

  await user.keyboard('{Enter}')
  expect(screen.getByText('1 of 3')).toBeInTheDocument()
  expect(at()).toBe('m1')
  await user.keyboard('{Shift>}{Enter}{/Shift}')
  await user.click(screen.getByRole('button', { name: 'Previous hit' }))
  expect(screen.getByText('2 of 3')).toBeInTheDocument()
  expect(at()).toBe('m2')
})

test('words that nobody said are not found; Esc closes', async () => {
  const user = userEvent.setup()
  const { onClose, at } = open([])

  await user.keyboard('whale')
  expect(await screen.findByText('Not found')).toBeInTheDocument()
  expect(at()).toBeNull()

  await user.keyboard('{Escape}')
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce())
})
