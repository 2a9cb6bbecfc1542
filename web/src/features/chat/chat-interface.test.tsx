import 'fake-indexeddb/auto'
import { act, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { withLayout } from '../../../test/layout'
import { renderPage, serve } from '../../../test/page'
import { kept } from '../../outbox/sayings'
import { store } from '../../realtime/realtime'
import { ChatInterface } from './chat-interface'

withLayout()

afterEach(() => {
  store.dispatch(kept({ rows: [], unwritten: [] }))
})

test('what was said and not sent is there though the chat itself cannot be had', async () => {
  const list = { items: [], next_cursor: null }
  serve({ 'GET /api/characters': list, 'GET /api/models': list, 'GET /api/settings': {} })
  renderPage(<ChatInterface sessionId="s1" begunHere={false} />)
  expect(screen.queryByRole('log')).toBeNull()

  const saying = {
    sessionId: 's1',
    saidAt: '2026-11-21T10:42:00Z',
    status: 'sending',
    problem: null,
    tries: 0,
  } as const
  act(() => {
    store.dispatch(kept({ rows: [{ ...saying, id: 'x1', content: 'Is anybody there?' }], unwritten: [] }))
  })

  expect(await screen.findByRole('article')).toHaveTextContent('Is anybody there?')
  expect(screen.getByRole('article')).toHaveTextContent('kept, will be sent')
})
