import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { type Asked, Refusal, renderPage, serve } from '../../../test/page'
import { TrashPage } from './trash-page'

const MOMENT = '2026-11-21T16:00:00Z'
const anItem = (id: string, name: string) => ({ kind: 'session', id, name, deleted_at: MOMENT, purged_at: MOMENT })

test('the trash is read a page at a time, and anything in it is brought back', async () => {
  const asked = serve({
    'GET /api/trash': ({ query }: Asked) =>
      query.get('cursor') === 'next'
        ? { items: [anItem('2', 'Maps')], next_cursor: null }
        : { items: [anItem('1', 'Tea')], next_cursor: 'next' },
    'POST /api/sessions/2/restore': {},
  })
  renderPage(<TrashPage />)
  await userEvent.click(await screen.findByRole('button', { name: 'More' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Restore Maps' }))

  expect(await screen.findByText('“Maps” is back')).toBeVisible()
  expect(screen.getByText('Tea')).toBeVisible()
  expect(asked.map(({ path }) => path)).toContain('/api/sessions/2/restore')
})

test('everything goes for good after a question, and the page tells when it is gone', async () => {
  let items = [anItem('1', 'Tea')]
  const job = { id: 'j', kind: 'empty_trash', state: 'running', done: 0, total: null }
  serve({
    'GET /api/trash': () => ({ items, next_cursor: null }),
    'POST /api/trash/empty': job,
    'GET /api/jobs/j': () => {
      items = []
      return { ...job, state: 'complete', done: 1 }
    },
  })
  renderPage(<TrashPage />)
  await userEvent.click(await screen.findByRole('button', { name: 'Delete everything' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Delete for good' }))

  expect(await screen.findByText('The trash is empty.', {}, { timeout: 4_000 })).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Delete everything' })).toBeNull()
})

test('whoever keeps the trash deletes nothing', async () => {
  const asked = serve({ 'GET /api/trash': { items: [anItem('1', 'Tea')], next_cursor: null } })
  renderPage(<TrashPage />)
  await userEvent.click(await screen.findByRole('button', { name: 'Delete everything' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Keep it' }))

  expect(screen.getByText('Tea')).toBeVisible()
  expect(asked.filter(({ method }) => method === 'POST')).toEqual([])
})

test('a trash that cannot be read says so', async () => {
  serve({ 'GET /api/trash': new Refusal(503, 'busy', 'Too much to do.') })
  renderPage(<TrashPage />)

  expect(await screen.findByRole('alert')).toHaveTextContent('The trash could not be read. Too much to do.')
})
