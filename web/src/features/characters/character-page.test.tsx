import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { aCharacter, aSession } from '../../../test/factories/rows'
import { withLayout } from '../../../test/layout'
import { type Asked, pressUndo, Refusal, renderPage, serve } from '../../../test/page'
import { CharacterPage, NewCharacterPage } from './character-page'
import { CharacterGallery } from './gallery-page'

const WREN = aCharacter({ tags: ['sea', 'gentle'], version: 4 })
const LIST = { items: [WREN], next_cursor: null }
const CHATS = { items: [aSession({ id: 's1', title: 'Tea', character_id: 'c1' })], next_cursor: null }
const at = (search: string) => renderPage(<CharacterPage />, { path: '/characters/:id', at: `/characters/c1${search}` })
const editing = () => at('?tab=edit')

withLayout()

test('a character is made from a name, and the reader can talk to it at once', async () => {
  const asked = serve({ 'POST /api/characters': aCharacter({ id: 'c2' }), 'GET /api/characters': LIST })
  const { router } = renderPage(<NewCharacterPage />, { path: '/characters/new', at: '/characters/new' })
  await userEvent.type(screen.getByLabelText('Name'), '  Pip ')
  await userEvent.type(screen.getByLabelText('Tags'), 'robot, , garden')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))

  await screen.findByText('Elsewhere')
  expect(asked[0]?.body).toMatchObject({ name: 'Pip', tags: ['robot', 'garden'] })
  expect(router.state.location).toMatchObject({ pathname: '/new', search: '?character=c2' })
})

test('without a name nothing is sent, and the field says why', async () => {
  const asked = serve({})
  renderPage(<NewCharacterPage />)
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))

  expect(await screen.findByText('A character needs a name.')).toBeVisible()
  expect(screen.getByLabelText('Name')).toHaveAccessibleDescription('A character needs a name.')
  expect(asked).toEqual([])
})

test('a version that somebody stored meanwhile is shown beside the own one, and the own one is saved over it', async () => {
  const theirs = aCharacter({ ...WREN, name: 'Wren of the north', description: 'Older now.', version: 5 })
  const asked = serve({
    'GET /api/characters': LIST,
    'GET /api/characters/c1': theirs,
    'PATCH /api/characters/c1': ({ headers }: Asked) =>
      headers.get('if-match') === '"5"' ? aCharacter({ version: 6 }) : new Refusal(412, 'stale', 'Changed since.'),
  })
  editing()
  await userEvent.type(await screen.findByLabelText('Name'), ' the Keeper')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))

  const clash = await screen.findByRole('alert')
  expect(clash).toHaveTextContent('Wren the Keeper')
  expect(clash).toHaveTextContent('Wren of the north')
  expect(clash).toHaveTextContent('Older now.')
  expect(screen.getByLabelText('Name')).toHaveValue('Wren the Keeper')

  await userEvent.click(screen.getByRole('button', { name: 'Save mine' }))
  expect(await screen.findByText('Saved')).toBeVisible()
  expect(asked.filter(({ method }) => method === 'PATCH').at(-1)?.body).toEqual({ name: 'Wren the Keeper' })
})

test('what is stored can be taken instead of the own version', async () => {
  serve({
    'GET /api/characters': LIST,
    'GET /api/characters/c1': aCharacter({ ...WREN, name: 'Wren of the north', version: 5 }),
    'PATCH /api/characters/c1': new Refusal(412, 'stale', 'Changed since.'),
  })
  editing()
  await userEvent.type(await screen.findByLabelText('Name'), '!')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Take what is stored' }))

  expect(screen.getByLabelText('Name')).toHaveValue('Wren of the north')
  expect(screen.queryByRole('alert')).toBeNull()
})

test('only what was changed is sent; greetings are added and taken away', async () => {
  const asked = serve({
    'GET /api/characters': { items: [aCharacter({ alternate_greetings: ['Hello.', 'Ahoy!'] })], next_cursor: null },
    'PATCH /api/characters/c1': aCharacter({ version: 2 }),
    'GET /api/sessions': CHATS,
  })
  editing()
  await userEvent.click(await screen.findByRole('button', { name: 'Remove greeting 2' }))
  await userEvent.click(screen.getByRole('button', { name: 'Add a greeting' }))
  await userEvent.type(screen.getByLabelText('Greeting 3'), 'Mind the step.')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))

  expect(await screen.findByText('Saved')).toBeVisible()
  expect(asked.find(({ method }) => method === 'PATCH')?.body).toEqual({
    alternate_greetings: ['Ahoy!', 'Mind the step.'],
  })
})

test('what the server refuses stands at its field', async () => {
  serve({
    'GET /api/characters': LIST,
    'PATCH /api/characters/c1': new Refusal(422, 'invalid', 'Look at the fields.', [
      { pointer: '/tags/1', code: 'too_long', detail: 'At most 100 characters.' },
    ]),
  })
  editing()
  await userEvent.type(await screen.findByLabelText('Tags'), ', x')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))

  await expect.poll(() => screen.getByLabelText('Tags')).toHaveAccessibleDescription(/At most 100 characters/)
})

test('changes are not left without a question', async () => {
  serve({ 'GET /api/characters': LIST })
  const { router } = editing()
  await userEvent.type(await screen.findByLabelText('Name'), '!')
  await router.navigate('/gallery')
  await userEvent.click(await screen.findByRole('button', { name: 'Stay here' }))
  expect(screen.getByLabelText('Name')).toHaveValue('Wren!')

  await router.navigate('/gallery')
  await userEvent.click(await screen.findByRole('button', { name: 'Leave' }))
  expect(await screen.findByText('Elsewhere')).toBeVisible()
})

test('a character is read, with what was said with it', async () => {
  serve({ 'GET /api/characters': LIST, 'GET /api/sessions': CHATS })
  at('')

  expect(await screen.findByText('Good evening, traveller.')).toBeVisible()
  expect(screen.getByText('A kind old lighthouse keeper.')).toBeVisible()
  expect(await screen.findByRole('link', { name: 'Tea' })).toHaveAttribute('href', '/c/s1')
  expect(screen.getByRole('link', { name: 'gentle' })).toHaveAttribute('href', '/gallery?tags=gentle')
  expect(screen.getByRole('link', { name: 'Talk' })).toHaveAttribute('href', '/new?character=c1')
})

test('a character with chats is not deleted: its chats are listed and archiving is offered', async () => {
  const asked = serve({
    'GET /api/characters': LIST,
    'GET /api/sessions': CHATS,
    'DELETE /api/characters/c1': new Refusal(409, 'character_in_use', 'It has 3 chats.', [], { chats: 3 }),
    'POST /api/characters/c1/archive': aCharacter({ archived: true }),
  })
  at('')
  await userEvent.click(await screen.findByRole('button', { name: 'Delete' }))
  const dialog = await screen.findByRole('dialog', { name: 'Wren still has chats' })
  expect(dialog).toHaveTextContent('3 chats are kept')
  expect(await within(dialog).findByRole('link', { name: 'Tea' })).toHaveAttribute('href', '/c/s1')

  await userEvent.click(within(dialog).getByRole('button', { name: 'Archive instead' }))
  expect(await screen.findByText('Wren is archived')).toBeVisible()
  expect(screen.queryByRole('dialog')).toBeNull()
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toContain('POST /api/characters/c1/archive')
})

test('a deleted character can be brought back', async () => {
  const asked = serve({
    'GET /api/characters': LIST,
    'GET /api/sessions': { items: [], next_cursor: null },
    'DELETE /api/characters/c1': null,
    'POST /api/characters/c1/restore': WREN,
  })
  at('')
  await userEvent.click(await screen.findByRole('button', { name: 'Delete' }))
  await pressUndo()

  await expect.poll(() => asked.map(({ path }) => path)).toContain('/api/characters/c1/restore')
})

test('whoever goes on before the server has answered can bring a character back from where they are', async () => {
  const deleting = Promise.withResolvers<null>()
  const asked = serve({
    'GET /api/characters': LIST,
    'GET /api/sessions': { items: [], next_cursor: null },
    'DELETE /api/characters/c1': () => deleting.promise,
    'POST /api/characters/c1/restore': new Refusal(503, 'away', 'The database is away.'),
  })
  const { router } = at('')
  await userEvent.click(await screen.findByRole('button', { name: 'Delete' }))
  await router.navigate('/elsewhere')
  expect(await screen.findByText('Elsewhere')).toBeVisible()
  deleting.resolve(null)
  await pressUndo()

  expect(await screen.findByText('The database is away.')).toBeVisible()
  expect(asked.map(({ path }) => path)).toContain('/api/characters/c1/restore')
  expect(router.state.location.pathname).toBe('/elsewhere')
})

test('a character that is deleted from its card, which goes with it, can be brought back', async () => {
  let there = [WREN]
  const asked = serve({
    'GET /api/characters': () => ({ items: there, next_cursor: null }),
    'DELETE /api/characters/c1': () => {
      there = []
      return null
    },
    'POST /api/characters/c1/restore': () => {
      there = [WREN]
      return WREN
    },
  })
  renderPage(<CharacterGallery />, { path: '/gallery', at: '/gallery' })
  await userEvent.click(await screen.findByRole('button', { name: 'Actions for Wren' }))
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Delete' }))
  await expect.poll(() => screen.queryByRole('link', { name: 'Talk to Wren' })).toBeNull()
  await pressUndo()

  expect(await screen.findByRole('link', { name: 'Talk to Wren' })).toBeVisible()
  expect(asked.map(({ path }) => path)).toContain('/api/characters/c1/restore')
})

test('a former version tells what it was and is brought back', async () => {
  const fields = { name: 'Wren', description: 'A young keeper.', tags: ['sea', 'gentle'], label: 'wren' }
  const asked = serve({
    'GET /api/characters': LIST,
    'GET /api/characters/c1/revisions': {
      items: [{ version: 3, fields: { ...WREN, ...fields }, created_at: WREN.created_at }],
      next_cursor: null,
    },
    'PATCH /api/characters/c1': aCharacter({ version: 5 }),
  })
  at('?tab=versions')
  expect(await screen.findByText('A young keeper.')).toBeInTheDocument()
  await userEvent.click(screen.getByRole('button', { name: 'Restore version 3' }))

  expect(await screen.findByText('Version 3 is back')).toBeVisible()
  expect(asked.find(({ method }) => method === 'PATCH')?.body).toMatchObject({ description: 'A young keeper.' })
})

test('the gallery shows those who have every chosen tag, and all of them again', async () => {
  const pip = aCharacter({ id: 'c2', name: 'Pip', tags: ['gentle', 'robot'] })
  serve({
    'GET /api/characters': ({ query }: Asked) => ({
      items: query.get('archived') === 'true' ? [] : [WREN, pip],
      next_cursor: null,
    }),
  })
  const { router } = renderPage(<CharacterGallery />, { path: '/gallery', at: '/gallery?tags=gentle' })
  expect(await screen.findByRole('link', { name: 'Talk to Pip' })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'sea' }))
  expect(screen.queryByRole('link', { name: 'Talk to Pip' })).toBeNull()
  expect(screen.getByRole('link', { name: 'Edit Wren' })).toHaveAttribute('href', '/characters/c1?tab=edit')

  await userEvent.click(screen.getByRole('button', { name: 'robot' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Show everybody' }))
  expect(await screen.findByRole('link', { name: 'Talk to Pip' })).toBeVisible()
  expect(router.state.location.search).toBe('')

  await userEvent.click(screen.getByRole('checkbox', { name: 'Archived' }))
  expect(await screen.findByText('Nobody is archived.')).toBeVisible()
})
