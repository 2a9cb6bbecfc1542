import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, test } from 'vitest'
import { aSession } from '../../../test/factories/rows'
import { withLayout } from '../../../test/layout'
import { type Asked, pressUndo, Refusal, renderPage, serve } from '../../../test/page'
import { HistoryPage } from './history-page'

withLayout()

const NAMES = ['Tea', 'Maps', 'Rain', 'Coal', 'Salt']
const SESSIONS = NAMES.map((title, place) => aSession({ id: `s${place}`, title }))

let asked: Asked[]

function answering(more: Record<string, unknown> = {}) {
  asked = serve({
    'GET /api/characters': { items: [], next_cursor: null },
    'GET /api/models': { items: [], next_cursor: null },
    'GET /api/sessions': ({ query }: Asked) => ({
      items: SESSIONS.filter(({ title }) => title.toLowerCase().includes(query.get('q') ?? '')),
      next_cursor: null,
    }),
    ...more,
  })
}

beforeEach(() => answering())

async function show(search = '') {
  const page = renderPage(<HistoryPage />, { path: '/history', at: `/history${search}` })
  await screen.findByRole('heading', { name: 'History' })
  return page
}

const checkbox = (title: string) => screen.findByRole('checkbox', { name: `Choose ${title}` })
const queries = () => asked.filter(({ path }) => path === '/api/sessions').map(({ query }) => Object.fromEntries(query))

test('the filters stand in the address, and the server is asked by them', async () => {
  const { router } = await show('?state=archived&from=2026-03-01')
  await userEvent.selectOptions(await screen.findByRole('combobox', { name: 'Order' }), 'By title')
  await userEvent.type(screen.getByRole('searchbox', { name: 'Search chats' }), 'tea')

  await expect.poll(() => router.state.location.search).toBe('?state=archived&from=2026-03-01&order=title&q=tea')
  await expect
    .poll(() => queries().at(-1))
    .toEqual({
      q: 'tea',
      state: 'archived',
      sort: 'title',
      limit: '100',
      from: new Date(2026, 2, 1).toISOString(),
    })
  expect(screen.getByLabelText('State')).toHaveValue('archived')
})

test('an address that nobody wrote by hand is read as far as it makes sense', async () => {
  await show('?state=gone&character=somebody&from=yesterday')
  await checkbox('Tea')

  expect(queries()).toEqual([{ sort: 'updated_at', limit: '100' }])
})

test('a search without result says why, and one button shows all chats again', async () => {
  const { router } = await show('?q=zeppelin')
  expect(await screen.findByText(/No chat fits all of these filters/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Show all chats' }))

  await checkbox('Tea')
  expect(router.state.location.search).toBe('')
  expect(screen.getByRole('searchbox')).toHaveValue('')
})

test('Shift chooses a range; all of it is deleted, and one undo brings all back', async () => {
  const gone = new Set<string>()
  const ofEach = (method: string, path: (id: string) => string, act: (id: string) => unknown) =>
    SESSIONS.map(({ id }) => [`${method} ${path(id)}`, () => act(id)])
  answering({
    'GET /api/sessions': () => ({ items: SESSIONS.filter(({ id }) => !gone.has(id)), next_cursor: null }),
    ...Object.fromEntries([
      ...ofEach(
        'DELETE',
        (id) => `/api/sessions/${id}`,
        (id) => {
          gone.add(id)
          return null
        },
      ),
      ...ofEach(
        'POST',
        (id) => `/api/sessions/${id}/restore`,
        (id) => {
          gone.delete(id)
          return SESSIONS.find((session) => session.id === id)
        },
      ),
    ]),
  })
  await show()
  const user = userEvent.setup()
  await user.click(await checkbox('Maps'))
  await user.keyboard('{Shift>}')
  await user.click(await checkbox('Coal'))
  await user.keyboard('{/Shift}')
  expect(screen.getByText('3 chosen')).toBeVisible()
  await user.click(screen.getByRole('button', { name: 'Delete' }))

  expect(await screen.findByText('3 chats are in the trash')).toBeVisible()
  const table = screen.getByRole('table', { name: 'History' })
  expect(
    within(table)
      .getAllByRole('link')
      .map(({ textContent }) => textContent),
  ).toEqual(['Tea', 'Salt'])

  await pressUndo()
  expect(await screen.findByText('3 chats are back')).toBeVisible()
  await checkbox('Rain')
  expect(gone.size).toBe(0)
})

test('a refusal ends the deed, tells why, and what was done can be undone', async () => {
  answering({
    'DELETE /api/sessions/s0': null,
    'DELETE /api/sessions/s1': new Refusal(503, 'busy', 'Too much to do.'),
    'DELETE /api/sessions/s2': null,
    'DELETE /api/sessions/s3': null,
    'DELETE /api/sessions/s4': null,
  })
  await show()
  await checkbox('Tea')
  await userEvent.click(screen.getByRole('button', { name: 'Choose all shown' }))
  await userEvent.click(screen.getByRole('button', { name: 'Delete' }))

  expect(await screen.findByText('Too much to do.')).toBeVisible()
  // The notice says it, and so does what is read aloud.
  expect(screen.getAllByText(/(is|are) in the trash/)[0]).toBeVisible()
  expect(screen.getByRole('button', { name: 'Undo' })).toBeVisible()
})

test('many chats are archived at once', async () => {
  answering({
    'PATCH /api/sessions/s0': aSession({ ...SESSIONS[0], archived: true, version: 2 }),
    'PATCH /api/sessions/s1': aSession({ ...SESSIONS[1], archived: true, version: 2 }),
  })
  await show()
  await userEvent.click(await checkbox('Tea'))
  await userEvent.click(await checkbox('Maps'))
  await userEvent.click(screen.getByRole('button', { name: 'Archive' }))

  expect(await screen.findByText('2 chats are archived')).toBeVisible()
  expect(asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
    { archived: true },
    { archived: true },
  ])
})
