import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, test } from 'vitest'
import { aCharacter, aSession } from '../../../test/factories/rows'
import { withLayout } from '../../../test/layout'
import { type Asked, pressUndo, Refusal, renderPage, serve } from '../../../test/page'
import type { ServerFrame } from '../../realtime/protocol'
import { conversations } from '../../realtime/realtime'
import type { SessionRow } from '../../shared/api/wire'
import { followSessionNews } from './session-news'
import { SessionsList } from './sessions-list'

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
const TEA = aSession({ id: 's1', title: 'Tea', character_id: 'c1', total_messages: 1204, updated_at: daysAgo(0) })
const MAPS = aSession({ id: 's2', title: 'Maps', total_messages: 1, updated_at: daysAgo(1) })
const OLD = aSession({ id: 's3', title: 'Old', updated_at: daysAgo(400) })

let asked: Asked[]

withLayout()

beforeEach(() => {
  asked = serve({
    'GET /api/characters': { items: [aCharacter()], next_cursor: null },
    'GET /api/sessions': lists([TEA, MAPS, OLD]),
    'PATCH /api/sessions/s2': ({ body }: Asked) => ({
      ...MAPS,
      ...(body as object),
      version: 2,
      updated_at: daysAgo(0),
    }),
    'DELETE /api/sessions/s2': null,
    'POST /api/sessions/s2/restore': MAPS,
  })
})

/** The answer to each of the two lists of the sidebar: the pinned chats, and all. */
function lists(sessions: SessionRow[]) {
  return ({ query }: Asked) => {
    const pinned = query.get('state') === 'pinned'
    return { items: sessions.filter((session) => !pinned || session.pinned), next_cursor: null }
  }
}

async function show(at = '/c/s1') {
  const page = renderPage(<SessionsList />, { path: '/c/:id', at })
  await screen.findByRole('link', { name: /Maps/ })
  return page
}

const titles = () => screen.getAllByRole('link').map((link) => link.textContent)

async function choose(title: string, action: string) {
  await userEvent.click(screen.getByRole('button', { name: `Actions for ${title}` }))
  await userEvent.click(await screen.findByRole('menuitem', { name: action }))
}

test('chats stand under their days, newest first, with whom and how long', async () => {
  await show()

  expect(screen.getAllByRole('heading').map((heading) => heading.textContent)).toEqual([
    'Today',
    'Yesterday',
    expect.stringMatching(/\d{4}/),
  ])
  expect(screen.getByRole('link', { name: /Tea/ })).toHaveTextContent('Wren · 1,204 messages')
  expect(screen.getByRole('link', { name: /Maps/ })).toHaveTextContent('1 message')
  expect(screen.getByRole('link', { current: 'page' })).toHaveTextContent('Tea')
})

test('a title is changed in place', async () => {
  await show()
  await choose('Maps', 'Rename')
  const input = await screen.findByRole('textbox', { name: 'Title' })
  expect(input).toHaveFocus()
  await userEvent.clear(input)
  await userEvent.type(input, ' Paper seas {Enter}')

  expect(await screen.findByRole('link', { name: /Paper seas/ })).toBeVisible()
  expect(asked.filter(({ method }) => method === 'PATCH')).toMatchObject([{ body: { title: 'Paper seas' } }])
})

test('Esc leaves the title as it was', async () => {
  await show()
  await choose('Maps', 'Rename')
  await userEvent.type(await screen.findByRole('textbox', { name: 'Title' }), 'x{Escape}')

  expect(screen.getByRole('link', { name: /Maps/ })).toBeVisible()
  expect(asked.filter(({ method }) => method === 'PATCH')).toEqual([])
})

test('a deleted chat is gone at once and undo brings it back', async () => {
  await show()
  await choose('Maps', 'Delete')
  await expect.poll(titles).not.toContainEqual(expect.stringContaining('Maps'))

  await pressUndo()
  expect(await screen.findByRole('link', { name: /Maps/ })).toBeVisible()
  expect(asked.map(({ path }) => path)).toContain('/api/sessions/s2/restore')
})

test('deleting the chat that is shown leads on to a new one', async () => {
  const { router } = await show('/c/s2')
  await choose('Maps', 'Delete')

  await expect.poll(() => router.state.location.pathname).toBe('/new')
})

test('pinned chats stand above the others, and a chat is pinned from its menu', async () => {
  await show()
  await choose('Maps', 'Pin')

  await expect.poll(titles).toEqual([expect.stringContaining('Maps'), expect.anything(), expect.anything()])
  expect(screen.getAllByRole('heading')[0]).toHaveTextContent('Pinned')
  expect(asked.filter(({ method }) => method === 'PATCH')).toMatchObject([{ body: { pinned: true } }])
})

test('an archived chat leaves the list, and undo brings it back', async () => {
  await show()
  await choose('Maps', 'Archive')
  await expect.poll(titles).not.toContainEqual(expect.stringContaining('Maps'))

  await pressUndo()
  expect(await screen.findByRole('link', { name: /Maps/ })).toBeVisible()
})

test('a chat shows its last line, that a reply is unread, and that one is on its way', async () => {
  const news = aSession({ ...MAPS, last_line: 'Paper seas, all the way down.', unread: true })
  serve({
    'GET /api/characters': { items: [], next_cursor: null },
    'GET /api/sessions': lists([news, aSession({ ...OLD, answering: true })]),
  })
  await show('/c/none')

  const [maps, old] = screen.getAllByRole('link')
  expect(maps).toHaveTextContent('Paper seas, all the way down.')
  expect(within(maps as HTMLElement).getByRole('img', { name: 'unread' })).toBeVisible()
  expect(within(old as HTMLElement).getByRole('img', { name: 'answering' })).toBeVisible()
})

test('what the socket tells is in the list without reading it again', async () => {
  const { queryClient } = await show()
  const stop = followSessionNews(conversations, queryClient)
  const news = (type: string, session: object) =>
    conversations.onFrame({ type, session_id: (session as { id: string }).id, session } as ServerFrame)
  news('session:updated', { ...OLD, title: 'Old no more', version: 9, updated_at: new Date().toISOString() })
  news(
    'session:created',
    aSession({ id: 's4', title: 'Brand new', updated_at: new Date(Date.now() + 1000).toISOString() }),
  )
  news('session:deleted', MAPS)

  await expect
    .poll(titles)
    .toEqual([
      expect.stringContaining('Brand new'),
      expect.stringContaining('Old no more'),
      expect.stringContaining('Tea'),
    ])
  expect(asked.filter(({ path }) => path === '/api/sessions')).toHaveLength(2)
  stop()
})

test('a chat that this tab has left answers as soon as the news say so', async () => {
  const { queryClient } = await show('/c/none')
  const stop = followSessionNews(conversations, queryClient)
  const leave = conversations.open('s2')
  conversations.onFrame({
    type: 'session:joined',
    session_id: 's2',
    epoch: 'e',
    seq: 1,
    session: MAPS,
    messages: [],
    live: [],
  } as ServerFrame)
  leave()
  const session = { ...MAPS, version: 2, answering: true }
  conversations.onFrame({ type: 'session:updated', session_id: 's2', session } as ServerFrame)

  const maps = await screen.findByRole('link', { name: /Maps/ })
  expect(await within(maps).findByRole('img', { name: 'answering' })).toBeVisible()
  stop()
})

test('a list that cannot be read says so and can be tried again', async () => {
  serve({
    'GET /api/characters': { items: [], next_cursor: null },
    'GET /api/sessions': new Refusal(503, 'busy', 'Too much to do.'),
  })
  renderPage(<SessionsList />)

  const alert = await screen.findByRole('alert')
  expect(alert).toHaveTextContent('The chats could not be read. Too much to do.')
  expect(within(alert).getByRole('button', { name: 'Try again' })).toBeEnabled()
})
