import 'fake-indexeddb/auto'
import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
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

test('what was refused on a branch is edited and said again on that branch', async () => {
  const list = { items: [], next_cursor: null }
  serve({ 'GET /api/characters': list, 'GET /api/models': list, 'GET /api/settings': {} })
  const problem = { type: 'about:blank', title: 'Refused', status: 422, code: 'no', detail: 'No.' }
  const saying = { id: 'x1', sessionId: 's1', saidAt: '2026-11-21T10:42:00Z', tries: 0 } as const
  const refused = { ...saying, content: 'Again', parentId: 'm4', status: 'refused', problem } as const
  act(() => {
    store.dispatch(kept({ rows: [refused], unwritten: [] }))
  })
  renderPage(<ChatInterface sessionId="s1" begunHere={false} />)
  await userEvent.click(await screen.findByRole('button', { name: 'Edit' }))
  expect(await screen.findByText('Your next message begins another branch further up')).toBeVisible()
  await userEvent.type(screen.getByRole('textbox', { name: 'Message' }), '!{Enter}')

  expect(store.getState().outbox).toContainEqual(
    expect.objectContaining({ content: 'Again!', parentId: 'm4', status: 'sending' }),
  )
  expect(screen.queryByText('Your next message begins another branch further up')).toBeNull()
})
