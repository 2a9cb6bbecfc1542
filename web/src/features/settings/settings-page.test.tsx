import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test } from 'vitest'
import { aModel } from '../../../test/factories/rows'
import { Refusal, renderPage, serve } from '../../../test/page'
import { adopt, interfaceNow, settle, unsent } from '../../shared/theme/interface'
import { SettingsPage } from './settings-page'

const SETTINGS = {
  default_ai_model_id: 'local',
  default_system_prompt_id: null,
  default_user_profile_id: null,
  context_messages: 50,
  retention_days: 30,
  retry_paid: false,
  interface: {},
  version: 1,
}
const LISTS = {
  'GET /api/settings': SETTINGS,
  'GET /api/models': { items: [aModel(), aModel({ id: 'big', name: 'Big' })] },
  'GET /api/profiles': { items: [{ id: 'p1', name: 'Eleanor', is_default: true }] },
  'GET /api/prompts': { items: [] },
}
/** The server takes what it is given. */
const kept = ({ body }: { body: unknown }) => ({ ...SETTINGS, ...(body as object) })

const open = (section: string) =>
  renderPage(<SettingsPage />, { path: '/settings/:section', at: `/settings/${section}` })
const changes = (asked: { method: string; body: unknown }[]) =>
  asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body)

afterEach(() => {
  settle(unsent())
  adopt({})
})

test('what is chosen is in force at once, and a quiet word tells when the server has it', async () => {
  const asked = serve({ 'PATCH /api/settings': kept })
  open('appearance')
  await userEvent.click(screen.getByRole('radio', { name: 'Dark' }))

  expect(interfaceNow().theme).toBe('dark')
  const theme = screen.getByRole('group', { name: 'Theme' })
  expect(await within(theme).findByText('saved')).toBeVisible()
  expect(screen.getAllByText('saved')).toHaveLength(1)
  expect(changes(asked)).toEqual([{ interface: { theme: 'dark' } }])
})

test('without the server a choice stays, and the word says that it waits', async () => {
  serve({ 'PATCH /api/settings': Object.assign(new Refusal(503, 'database_away', 'Later.'), { retryable: true }) })
  open('reading')
  await userEvent.click(screen.getByRole('switch', { name: 'Follow the answer' }))

  expect(await screen.findByText('kept, will be saved')).toBeVisible()
  expect(screen.getByRole('switch', { name: 'Follow the answer' })).not.toBeChecked()
  expect(unsent()).toEqual({ follow: false })
})

test('an address without such a section leads to the first one', async () => {
  const { router } = open('nowhere')

  expect(await screen.findByRole('heading', { name: 'Appearance' })).toBeVisible()
  expect(router.state.location.pathname).toBe('/settings/appearance')
})

test('the default model and persona are kept one by one', async () => {
  const asked = serve({ ...LISTS, 'PATCH /api/settings': kept, 'PATCH /api/profiles/p1': {} })
  open('conversation')
  await userEvent.selectOptions(await screen.findByLabelText('Who answers'), 'Big')
  expect(await screen.findByText('saved')).toBeVisible()
  // Eleanor calls herself the default; nobody can only be chosen if she stops.
  expect(screen.getByLabelText('Who you are')).toHaveDisplayValue('Eleanor')
  await userEvent.selectOptions(screen.getByLabelText('Who you are'), 'Nobody in particular')

  await waitFor(() => expect(changes(asked)).toHaveLength(3))
  expect(changes(asked)).toEqual(
    expect.arrayContaining([{ default_ai_model_id: 'big' }, { is_default: false }, { default_user_profile_id: null }]),
  )
})

test('a number is kept when its field is left', async () => {
  const asked = serve({ ...LISTS, 'PATCH /api/settings': kept })
  open('conversation')
  const days = await screen.findByLabelText('Days in the trash')
  await userEvent.clear(days)
  await userEvent.type(days, '90')
  await userEvent.tab()

  expect(await screen.findByText('saved')).toBeVisible()
  expect(changes(asked)).toEqual([{ retention_days: 90 }])
})

test('a number that cannot be is not sent, and says so', async () => {
  const asked = serve(LISTS)
  open('conversation')
  const messages = await screen.findByLabelText('Messages that a model is told')
  await userEvent.clear(messages)
  await userEvent.type(messages, '0')
  await userEvent.tab()

  expect(await screen.findByText('A whole number from 1 to 1,000.')).toBeVisible()
  expect(messages).toBeInvalid()
  expect(changes(asked)).toEqual([])
})

test('a preference is saved when its field is left; a refused one stays there with the reason', async () => {
  const asked = serve({
    'GET /api/preferences': { voice: 'dry', style: '', platform: '', language: '' },
    'PATCH /api/preferences': new Refusal(422, 'invalid', 'Too much.'),
  })
  open('texts')
  const voice = await screen.findByLabelText('Voice')
  expect(voice).toHaveValue('dry')
  await userEvent.type(voice, ' and short')
  await userEvent.tab()

  expect(await screen.findByText('Too much.')).toBeVisible()
  expect(voice).toHaveValue('dry and short')
  expect(changes(asked)).toEqual([{ voice: 'dry and short' }])
})

test('settings that cannot be read say so, and are asked for again', async () => {
  let away = true
  serve({ ...LISTS, 'GET /api/settings': () => (away ? new Refusal(503, 'database_away', 'Away.') : SETTINGS) })
  open('conversation')
  expect(await screen.findByRole('alert')).toHaveTextContent('The settings could not be read')

  away = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByLabelText('Who answers')).toHaveDisplayValue('SmolLM2')
})

test('a key is pressed to be chosen; one that is taken is only taken over on demand', async () => {
  const asked = serve({ 'PATCH /api/settings': kept })
  open('keys')
  await userEvent.click(screen.getByRole('button', { name: 'Change the key: New chat' }))
  await userEvent.keyboard('{Control>}{Alt>}n{/Alt}{/Control}')
  expect(interfaceNow().keys).toEqual({ newChat: 'Control+Alt+n' })

  await userEvent.click(screen.getByRole('button', { name: 'Change the key: New chat' }))
  await userEvent.keyboard('{Control>}k{/Control}')
  expect(screen.getByRole('alert')).toHaveTextContent('Ctrl+K belongs to: Search and commands.')
  expect(interfaceNow().keys).toEqual({ newChat: 'Control+Alt+n' })

  await userEvent.click(screen.getByRole('button', { name: 'Take it from there' }))
  expect(interfaceNow().keys).toEqual({ newChat: 'Control+k', palette: null })
  await waitFor(() => expect(unsent()).toEqual({}))
  expect(changes(asked).at(-1)).toEqual({ interface: { keys: { newChat: 'Control+k', palette: null } } })
})

test('a key is taken away, and given back', async () => {
  serve({ 'PATCH /api/settings': kept })
  open('keys')
  await userEvent.click(screen.getByRole('button', { name: 'Take the key away: Find in this chat' }))
  expect(interfaceNow().keys).toEqual({ find: null })
  await userEvent.click(screen.getByRole('button', { name: 'The usual key: Find in this chat' }))
  expect(interfaceNow().keys).toEqual({})
})

test('Esc leaves a key as it is, and a letter that would be typed is refused', async () => {
  serve({ 'PATCH /api/settings': kept })
  open('keys')
  const change = screen.getByRole('button', { name: 'Change the key: Answer again' })
  await userEvent.click(change)
  await userEvent.keyboard('r')
  expect(screen.getByRole('alert')).toHaveTextContent('R is typed as text there. Add Ctrl or Alt.')
  await userEvent.keyboard('{Escape}')

  expect(screen.queryByRole('alert')).toBeNull()
  expect(interfaceNow().keys).toEqual({})
  expect(change).toHaveFocus()
})
