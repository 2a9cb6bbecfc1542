import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { aCharacter } from '../../../test/factories/rows'
import { Refusal, renderPage, serve } from '../../../test/page'
import { EditCharacterPage, NewCharacterPage } from './character-page'

const WREN = aCharacter({ tags: ['sea', 'gentle'], version: 4 })
const LIST = { items: [WREN], next_cursor: null }
const editing = () => renderPage(<EditCharacterPage />, { path: '/characters/:id', at: '/characters/c1' })

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

test('what the server refuses is told, and what was typed stays', async () => {
  serve({
    'GET /api/characters': LIST,
    'PATCH /api/characters/c1': new Refusal(412, 'stale', 'Somebody has changed it since.'),
  })
  editing()
  await userEvent.type(await screen.findByLabelText('Name'), ' the Keeper')
  await userEvent.click(screen.getByRole('button', { name: 'Save' }))

  expect(await screen.findByRole('alert')).toHaveTextContent('Somebody has changed it since.')
  expect(screen.getByLabelText('Name')).toHaveValue('Wren the Keeper')
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

test('a character with chats is not deleted: the refusal is told and archiving is offered', async () => {
  const asked = serve({
    'GET /api/characters': LIST,
    'DELETE /api/characters/c1': new Refusal(409, 'character_in_use', 'Delete or archive its 3 chats first.'),
    'POST /api/characters/c1/archive': aCharacter({ archived: true }),
  })
  editing()
  await userEvent.click(await screen.findByRole('button', { name: 'Delete' }))
  expect(await screen.findByRole('alert')).toHaveTextContent('Delete or archive its 3 chats first.')

  await userEvent.click(screen.getByRole('button', { name: 'Archive instead' }))
  expect(await screen.findByText('Wren is archived')).toBeVisible()
  expect(screen.queryByRole('alert')).toBeNull()
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toContain('POST /api/characters/c1/archive')
})

test('a deleted character can be brought back', async () => {
  const asked = serve({
    'GET /api/characters': LIST,
    'DELETE /api/characters/c1': null,
    'POST /api/characters/c1/restore': WREN,
  })
  editing()
  await userEvent.click(await screen.findByRole('button', { name: 'Delete' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Undo' }))

  await expect.poll(() => asked.map(({ path }) => path)).toContain('/api/characters/c1/restore')
})
