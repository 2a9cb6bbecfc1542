import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, test, vi } from 'vitest'
import { notedDeeds } from '../../../test/factories/deeds'
import { aCharacter, aMessage, aModel, aSession } from '../../../test/factories/rows'
import { Refusal, renderPage, serve } from '../../../test/page'
import type { SessionRow } from '../../shared/api/wire'
import { ChatPanel } from './chat-panel'
import type { MessagePanel } from './panel'

const onClose = vi.fn()
const deeds = notedDeeds()
const LISTS = {
  'GET /api/characters/c1': aCharacter(),
  'GET /api/characters': { items: [aCharacter()], next_cursor: null },
  'GET /api/models': { items: [aModel(), aModel({ id: 'big', name: 'Big' })], next_cursor: null },
  'GET /api/profiles': {
    items: [
      { id: 'p1', name: 'Ada', is_default: true },
      { id: 'p2', name: 'Bo', is_default: false },
    ],
  },
  'GET /api/prompts': { items: [] },
  'GET /api/settings': { default_ai_model_id: 'local', default_system_prompt_id: null, default_user_profile_id: null },
}

beforeEach(() => {
  vi.clearAllMocks()
})

function showSettings(answers: Record<string, unknown> = {}, fields: Partial<SessionRow> = {}) {
  const session = aSession({ character_id: 'c1', ...fields })
  const asked = serve({ ...LISTS, ...answers })
  const page = renderPage(
    <ChatPanel
      panel={{ kind: 'settings', from: null }}
      session={session}
      messages={{}}
      deeds={deeds}
      onClose={onClose}
    />,
    { path: '/c/s1', at: '/c/s1' },
  )
  return { ...page, changes: () => asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body) }
}

function showMessage(kind: MessagePanel, answers: Record<string, unknown>) {
  const message = aMessage({ id: 'm2', role: 'assistant', content: 'Now.', model: 'smollm2', provider: 'local' })
  serve(answers)
  renderPage(
    <ChatPanel
      panel={{ kind, message, from: null }}
      session={aSession()}
      messages={{ m2: message }}
      deeds={deeds}
      onClose={onClose}
    />,
  )
  return message
}

test('a drawer has the focus, and Esc closes it', async () => {
  showSettings()
  await waitFor(() => expect(screen.getByRole('heading', { name: 'Chat settings' })).toHaveFocus())
  await userEvent.keyboard('{Escape}')

  expect(onClose).toHaveBeenCalled()
})

test('a text of the chat is saved when the reader pauses, and when it is left', async () => {
  const { changes } = showSettings({ 'PATCH /api/sessions/s1': ({ body }: { body: object }) => aSession(body) })
  await userEvent.type(screen.getByRole('textbox', { name: 'Title' }), ' at noon')
  await waitFor(() => expect(changes()).toEqual([{ title: 'Tea at noon' }]))

  await userEvent.type(screen.getByRole('textbox', { name: 'Time of the story' }), '1811-10-21')
  expect(screen.getByText('The story’s clock: Monday, October 21, 1811')).toBeVisible()
  await userEvent.tab()
  await waitFor(() => expect(changes()).toContainEqual({ world_time: '1811-10-21' }))
})

test('a day that no calendar has is refused at its field, and nothing is sent', async () => {
  const { changes } = showSettings()
  const field = screen.getByRole('textbox', { name: 'Time of the story' })
  await userEvent.type(field, '1811-02-30')
  await userEvent.tab()

  expect(field).toBeInvalid()
  expect(field).toHaveAccessibleDescription(/The calendar has no such date/)
  expect(changes()).toEqual([])
})

test('what the server refuses stays with its field', async () => {
  showSettings({ 'PATCH /api/sessions/s1': new Refusal(422, 'too_long', 'At most 200 characters.') })
  const field = screen.getByRole('textbox', { name: 'Title' })
  await userEvent.type(field, '!')
  await userEvent.tab()

  await waitFor(() => expect(field).toBeInvalid())
  expect(field).toHaveAccessibleDescription('At most 200 characters.')
  expect(screen.getByRole('textbox', { name: 'Time of the story' })).toBeValid()
})

test('a text that could not be saved is tried again when its field is left', async () => {
  let away = true
  const { changes } = showSettings({
    'PATCH /api/sessions/s1': ({ body }: { body: object }) =>
      away ? new Refusal(503, 'away', 'The database is away.') : aSession(body),
  })
  const field = screen.getByRole('textbox', { name: 'Title' })
  await userEvent.type(field, '!')
  await waitFor(() => expect(field).toBeInvalid())
  away = false
  await userEvent.tab()

  await waitFor(() => expect(field).toBeValid())
  expect(changes()).toEqual([{ title: 'Tea!' }, { title: 'Tea!' }])
})

test('who you are and who answers are chosen; the usual ones are named', async () => {
  const { changes } = showSettings({ 'PATCH /api/sessions/s1': ({ body }: { body: object }) => aSession(body) })
  const persona = await screen.findByRole('combobox', { name: 'Who you are' })
  await waitFor(() => expect(persona).toHaveDisplayValue('As usual: Ada'))
  await userEvent.selectOptions(persona, 'Bo')
  await userEvent.selectOptions(screen.getByRole('combobox', { name: 'Who answers' }), 'Big')

  await waitFor(() => expect(changes()).toEqual([{ user_profile_id: 'p2' }, { ai_model_id: 'big' }]))
})

test('a chat is pinned, archived, and deleted with a way back', async () => {
  const { changes, router } = showSettings({
    'PATCH /api/sessions/s1': ({ body }: { body: object }) => aSession(body),
    'DELETE /api/sessions/s1': null,
    'POST /api/sessions/s1/restore': aSession(),
  })
  await userEvent.click(screen.getByRole('button', { name: 'Pin' }))
  await userEvent.click(screen.getByRole('button', { name: 'Archive' }))
  await waitFor(() => expect(changes()).toEqual([{ pinned: true }, { archived: true }]))

  await userEvent.click(screen.getByRole('button', { name: 'Delete chat' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/new'))
  expect(onClose).toHaveBeenCalled()
  fireEvent.click(await screen.findByRole('button', { name: 'Undo' }))
  await waitFor(() => expect(router.state.location.pathname).toBe('/c/s1'))
})

test('a delete and its undo leave who has gone on where they are', async () => {
  let deleted = () => {}
  let restored = () => {}
  const { router } = showSettings({
    'DELETE /api/sessions/s1': () =>
      new Promise((resolve) => {
        deleted = () => resolve(null)
      }),
    'POST /api/sessions/s1/restore': () =>
      new Promise((resolve) => {
        restored = () => resolve(aSession())
      }),
  })
  await userEvent.click(screen.getByRole('button', { name: 'Delete chat' }))
  expect(router.state.location.pathname).toBe('/new')
  await router.navigate('/c/s2')
  deleted()
  const undo = await screen.findByRole('button', { name: 'Undo' })
  expect(router.state.location.pathname).toBe('/c/s2')

  fireEvent.click(undo)
  await act(async () => history.pushState(null, '', '/c/s3'))
  restored()
  await act(async () => undefined)
  expect(router.state.location.pathname).toBe('/c/s2')
})

test('earlier texts are shown, the newest first, and brought back', async () => {
  const message = showMessage('revisions', {
    'GET /api/messages/m2/revisions': {
      items: [
        { version: 1, content: 'First.', created_at: '2026-11-21T10:00:00Z' },
        { version: 2, content: 'Second.', created_at: '2026-11-21T11:00:00Z' },
      ],
    },
  })
  const texts = await screen.findAllByRole('listitem')
  expect(texts.map(({ textContent }) => textContent)).toEqual([
    expect.stringContaining('Second.'),
    expect.stringContaining('First.'),
  ])
  await userEvent.click(screen.getAllByRole('button', { name: 'Bring back' })[1] as HTMLElement)

  expect(deeds.restore).toHaveBeenCalledWith(message, 'First.')
  expect(onClose).toHaveBeenCalled()
})

test('a message that was never edited says what would stand here', async () => {
  showMessage('revisions', { 'GET /api/messages/m2/revisions': { items: [] } })

  expect(await screen.findByText(/This message says what it always said/)).toBeVisible()
})

test('why this answer: what was sent, what was left out and why, word for word', async () => {
  const part = { role: 'user', message: 1, cut: null, message_id: null, version: null, length: 5, available: true }
  showMessage('prompt', {
    'GET /api/messages/m2/prompt': {
      message_id: 'm2',
      attempt: 1,
      window: 2048,
      reserve: 512,
      tokens: 1204,
      counted: 'exact',
      sampling: { temperature: 0.8, top_p: null },
      messages: [
        { role: 'system', text: 'You are Wren.' },
        { role: 'user', text: null },
      ],
      parts: [
        { ...part, part: 'system_prompt', role: 'system', tokens: 4 },
        { ...part, part: 'history', tokens: 300, cut: 'no_room', message: null },
        { ...part, part: 'history', tokens: 700 },
        { ...part, part: 'history', tokens: 500 },
      ],
    },
  })
  expect(await screen.findByText('1,204 of 2,048 tokens')).toBeVisible()
  expect(screen.getByText('temperature 0.8')).toBeVisible()
  expect(screen.getByRole('region', { name: 'What was sent' })).toHaveTextContent('System prompt4Messages × 21,200')
  expect(screen.getByRole('region', { name: 'What was left out' })).toHaveTextContent(
    'Messagesno room in the window300',
  )
  await userEvent.click(screen.getByText('Word for word'))
  expect(screen.getByText('You are Wren.')).toBeVisible()
  expect(screen.getByText('This text is no longer there.')).toBeVisible()
})

test('a message that no model was asked for has no prompt to show', async () => {
  showMessage('prompt', { 'GET /api/messages/m2/prompt': new Refusal(404, 'not_found', 'No prompt.') })

  expect(await screen.findByText('No model was asked for this message.')).toBeVisible()
})

test('another version is asked for with an instruction', async () => {
  const message = showMessage('instruction', {})
  expect(screen.getByRole('button', { name: 'Answer again' })).toBeDisabled()
  await userEvent.type(screen.getByRole('textbox', { name: 'What shall be different?' }), 'Shorter.')
  await userEvent.click(screen.getByRole('button', { name: 'Answer again' }))

  expect(deeds.swipe).toHaveBeenCalledWith(message, 'Shorter.')
  expect(onClose).toHaveBeenCalled()
})
