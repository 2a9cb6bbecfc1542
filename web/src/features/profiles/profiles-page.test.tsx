import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { aSession } from '../../../test/factories/rows'
import { Refusal, renderPage, serve } from '../../../test/page'
import type { Profile } from '../../shared/api/profiles'
import { ProfilesPage } from './profiles-page'

const ELEANOR: Profile = {
  id: 'p1',
  user_id: 'u',
  name: 'Eleanor',
  avatar_image: null,
  description: 'A clockmaker’s daughter.',
  is_default: false,
  version: 3,
  created_at: '2026-11-21T10:41:00Z',
  updated_at: '2026-11-21T10:41:00Z',
}
const MARLOW: Profile = { ...ELEANOR, id: 'p2', name: 'Marlow', description: '', version: 1 }
const LISTS = {
  'GET /api/profiles': { items: [ELEANOR, MARLOW], next_cursor: null },
  'GET /api/settings': { default_user_profile_id: 'p2', interface: {} },
}
const CHATS = { items: [aSession({ title: 'Tea' }), aSession({ id: 's2', title: '' })], next_cursor: null }

const open = (at = '/profiles') => renderPage(<ProfilesPage />, { path: '/profiles', at })
const card = (name: string) => screen.findByRole('article', { name })
const sent = (asked: { method: string; path: string; body: unknown }[]) =>
  asked.filter(({ method }) => method !== 'GET').map(({ method, path, body }) => [`${method} ${path}`, body])

test('who the reader can be is listed, and who is used by default', async () => {
  serve(LISTS)
  open()

  expect(within(await card('Marlow')).getByText('used by default')).toBeVisible()
  const eleanor = await card('Eleanor')
  expect(eleanor).toHaveTextContent('A clockmaker’s daughter.')
  expect(within(eleanor).queryByText('used by default')).toBeNull()
})

test('without any persona the page says what belongs here and offers the first', async () => {
  serve({ ...LISTS, 'GET /api/profiles': { items: [] } })
  const { router } = open()
  await userEvent.click(await screen.findByRole('link', { name: 'New persona' }))

  expect(screen.getByRole('form', { name: 'Persona' })).toBeVisible()
  expect(router.state.location.search).toBe('?edit=new')
})

test('a persona is made in a form that has an address', async () => {
  const asked = serve({ ...LISTS, 'POST /api/profiles': { ...ELEANOR, id: 'p3', name: 'Ada' } })
  const { router } = open('/profiles?edit=new')
  const form = within(await screen.findByRole('form', { name: 'Persona' }))
  expect(form.getByLabelText('Name')).toHaveFocus()
  await userEvent.click(form.getByRole('button', { name: 'Save' }))
  expect(await form.findByText('A persona needs a name.')).toBeVisible()
  await userEvent.type(form.getByLabelText('Name'), ' Ada ')
  await userEvent.click(form.getByRole('button', { name: 'Save' }))

  await waitFor(() => expect(router.state.location.search).toBe(''))
  expect(sent(asked)).toEqual([['POST /api/profiles', { name: 'Ada', description: '', avatar_image: null }]])
})

test('a refused change keeps what was typed; leaving it asks', async () => {
  serve({ ...LISTS, 'PATCH /api/profiles/p1': new Refusal(412, 'stale', 'Somebody has changed it since.') })
  const { router } = open('/profiles?edit=p1')
  await userEvent.type(await screen.findByLabelText('Name'), ' of Hale')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))

  expect(await screen.findByText('Somebody has changed it since.')).toBeVisible()
  expect(screen.getByLabelText('Name')).toHaveValue('Eleanor of Hale')
  await router.navigate('/elsewhere')
  await userEvent.click(await screen.findByRole('button', { name: 'Stay here' }))
  expect(screen.getByLabelText('Name')).toHaveValue('Eleanor of Hale')
})

test('Cancel closes the form and gives the focus back', async () => {
  serve(LISTS)
  open()
  await userEvent.click(within(await card('Eleanor')).getByRole('link', { name: 'Edit Eleanor' }))
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))

  expect(screen.getByRole('link', { name: 'Edit Eleanor' })).toHaveFocus()
})

test('new chats begin with the persona that is chosen for it', async () => {
  const asked = serve({ ...LISTS, 'PATCH /api/settings': {} })
  open()
  await userEvent.click(await screen.findByRole('button', { name: 'Use Eleanor by default' }))

  await waitFor(() => expect(sent(asked)).toEqual([['PATCH /api/settings', { default_user_profile_id: 'p1' }]]))
})

test('a copy has a name of its own', async () => {
  const asked = serve({ ...LISTS, 'POST /api/profiles': MARLOW })
  open()
  await userEvent.click(await screen.findByRole('button', { name: 'Duplicate Eleanor' }))

  expect(await screen.findByText('Eleanor has a copy')).toBeVisible()
  expect(sent(asked)[0]?.[1]).toEqual({
    name: 'Eleanor (copy)',
    description: 'A clockmaker’s daughter.',
    avatar_image: null,
  })
})

test('the chats that a persona is in are counted, the newest named and linked', async () => {
  serve({
    ...LISTS,
    'GET /api/profiles/p1/uses': { sessions: 5_000, settings: false },
    'GET /api/sessions/profile/p1': CHATS,
  })
  open()
  await userEvent.click(within(await card('Eleanor')).getByText('Where used'))

  expect(await screen.findByText('In 5,000 chats:')).toBeVisible()
  expect(screen.getByRole('link', { name: 'Tea' })).toHaveAttribute('href', '/c/s1')
  expect(screen.getByRole('link', { name: 'Untitled' })).toHaveAttribute('href', '/c/s2')
})

test('what is deleted says who used it, and comes back', async () => {
  let there = true
  const asked = serve({
    ...LISTS,
    'GET /api/profiles': () => ({ items: there ? [ELEANOR, MARLOW] : [MARLOW] }),
    'GET /api/profiles/p1/uses': { sessions: 5_000, settings: true },
    'DELETE /api/profiles/p1': () => {
      there = false
      return null
    },
    'POST /api/profiles/p1/restore': ELEANOR,
  })
  open()
  await userEvent.click(await screen.findByRole('button', { name: 'Delete Eleanor' }))
  expect(await screen.findByText('Eleanor is in the trash. 5,000 chats keep this persona.')).toBeVisible()
  await waitFor(() => expect(screen.queryByRole('article', { name: 'Eleanor' })).toBeNull())

  await userEvent.click(screen.getByRole('button', { name: 'Undo' }))
  await waitFor(() =>
    expect(sent(asked).map(([what]) => what)).toEqual(['DELETE /api/profiles/p1', 'POST /api/profiles/p1/restore']),
  )
})
