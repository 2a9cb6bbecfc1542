import { act, fireEvent, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { notedDeeds } from '../../../test/factories/deeds'
import { aMessage } from '../../../test/factories/rows'
import { renderPage } from '../../../test/page'
import type { Saying } from '../../outbox/sayings'
import { store } from '../../realtime/realtime'
import { initialState } from '../../realtime/reducer'
import { chatChanged, chatForgotten } from '../../realtime/store'
import type { Message as MessageData } from '../../shared/api/wire'
import { Message, SayingMessage } from './message'
import { loadRowMenus } from './message-actions'

const deeds = notedDeeds()

// As after the first paint.
beforeAll(loadRowMenus)

beforeEach(() => {
  vi.clearAllMocks()
})

function show(fields: Partial<MessageData>, more: { siblings?: string[]; editing?: boolean; following?: number } = {}) {
  const { editing = false, following = 0 } = more
  const message = aMessage({ id: 'm3', parent_id: 'm2', role: 'assistant', content: 'Sit down.', ...fields })
  const siblings = more.siblings ?? ['m3']
  renderPage(
    <Message
      row={{ kind: 'message', id: 'm3', message, siblings, position: 3, at: new Date() }}
      speaker={{ name: 'Wren', image: null }}
      deeds={deeds}
      editing={editing}
      last
      following={following}
      total={3 + following}
    />,
  )
  return message
}

const press = (name: string | RegExp) => userEvent.click(screen.getByRole('button', { name }))

test('right of the last version makes a new one, left shows the one before', async () => {
  const message = show({}, { siblings: ['m1', 'm3'] })
  expect(screen.getByText('2 of 2')).toBeVisible()
  await press('New version')
  expect(deeds.swipe).toHaveBeenCalledWith(message)

  await press('Previous version')
  expect(deeds.select).toHaveBeenCalledWith('m1')
})

test('right of an earlier version shows the next', async () => {
  show({}, { siblings: ['m3', 'm4'] })
  await press('Next version')

  expect(deeds.select).toHaveBeenCalledWith('m4')
  expect(screen.getByRole('button', { name: 'Previous version' })).toBeDisabled()
})

test('a greeting answers nothing, so no other can be asked for', () => {
  show({ parent_id: null }, { siblings: ['m1', 'm3'] })

  expect(screen.getByRole('button', { name: 'New version' })).toBeDisabled()
  expect(screen.queryByRole('button', { name: 'Again' })).toBeNull()
})

test('a running reply can be stopped and nothing else', async () => {
  const message = show({ status: 'streaming', attempt: 1, content: 'Sit' })
  expect(screen.getByRole('article', { name: /Wren.*answering/ })).toHaveAttribute('aria-busy', 'true')
  expect(screen.getAllByRole('button')).toHaveLength(1)

  await press('Stop here')
  expect(deeds.stop).toHaveBeenCalledWith(message)
})

test('a reply that was cut off says why and can go on or be tried again', async () => {
  const error = { code: 'timeout', title: 'The model took too long', detail: 'after 30 s', retryable: true }
  const message = show({ status: 'failed', error })
  expect(screen.getByText('cut off: The model took too long')).toBeVisible()
  await press('Continue')
  await press('Retry')
  await press('Details')

  expect(deeds.goOn).toHaveBeenCalledWith(message)
  expect(deeds.retry).toHaveBeenCalledWith(message)
  expect(screen.getByText('after 30 s · timeout')).toBeVisible()
})

test('Ctrl+Enter saves what was edited, as it is', async () => {
  const message = show({}, { editing: true })
  await userEvent.type(screen.getByRole('textbox', { name: 'Edit message' }), ' Please.{Control>}{Enter}{/Control}')

  expect(deeds.save).toHaveBeenCalledWith(message, 'Sit down. Please.')
})

test('a text is saved once, and can be changed again when it was not', async () => {
  let settle = () => {}
  deeds.save.mockReturnValueOnce(
    new Promise((resolve) => {
      settle = () => resolve(undefined)
    }),
  )
  show({}, { editing: true })
  const box = screen.getByRole('textbox', { name: 'Edit message' })
  await userEvent.type(box, ' Please.{Control>}{Enter}{Enter}{/Control}')
  expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled()
  expect(box).toHaveAttribute('readonly')
  expect(deeds.save).toHaveBeenCalledTimes(1)

  await act(async () => settle())
  expect(screen.getByRole('button', { name: 'Save' })).toBeEnabled()
  expect(box).not.toHaveAttribute('readonly')
})

test('Esc leaves an untouched text at once, a changed one on the second press', async () => {
  show({}, { editing: true })
  const box = screen.getByRole('textbox', { name: 'Edit message' })
  await userEvent.type(box, '!{Escape}')
  expect(deeds.startEdit).not.toHaveBeenCalled()
  expect(screen.getByRole('alert')).toHaveTextContent('The text was changed.')

  await userEvent.type(box, '{Escape}')
  expect(deeds.startEdit).toHaveBeenCalledWith(null)
  expect(deeds.save).not.toHaveBeenCalled()
})

test('the reader’s own words can be said anew beside the old ones', async () => {
  const message = show({ role: 'user', content: 'Who are you?' }, { editing: true })
  await userEvent.type(screen.getByRole('textbox', { name: 'Edit message' }), ' Really?')
  await press('Save and answer again')

  expect(deeds.sayInstead).toHaveBeenCalledWith(message, 'Who are you? Really?')
})

test('deleting takes the row, or all that follows and says how many', async () => {
  const message = show({ role: 'user', content: 'Hello' }, { following: 4 })
  await press('More actions')
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Delete' }))
  await press('More actions')
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Delete with all that follows (5)' }))

  expect(deeds.remove.mock.calls).toEqual([
    [message, false],
    [message, true],
  ])
})

test('copying gives the text with its marks, with Shift without them', async () => {
  const message = show({})
  await press('Copy')
  fireEvent.click(screen.getByRole('button', { name: 'Copy' }), { shiftKey: true })

  expect(deeds.copy.mock.calls).toEqual([
    [message, false],
    [message, true],
  ])
})

test('the arrows turn to other versions when the row itself has the focus', () => {
  const message = show({}, { siblings: ['m1', 'm3'] })
  const row = screen.getByRole('article')
  fireEvent.keyDown(row, { key: 'ArrowLeft' })
  expect(deeds.select).toHaveBeenCalledWith('m1')
  fireEvent.keyDown(row, { key: 'ArrowRight' })
  expect(deeds.swipe).toHaveBeenCalledWith(message)

  fireEvent.keyDown(screen.getByRole('button', { name: 'Copy' }), { key: 'ArrowLeft' })
  expect(deeds.select).toHaveBeenCalledTimes(1)
})

test('a message that is hidden or pinned says so, and each can be taken back', async () => {
  const message = show({ hidden: true, pinned: true })
  expect(screen.getByText('hidden from prompt')).toBeVisible()
  expect(screen.getByText('pinned')).toBeVisible()
  await press('More actions')
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Show in prompt' }))
  await press('More actions')
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Unpin message' }))

  expect(deeds.mark.mock.calls).toEqual([
    [message, { hidden: false }],
    [message, { pinned: false }],
  ])
})

test('a reply shows who wrote it and how much that took, and leads to what was asked', async () => {
  const usage = { prompt_tokens: 1204, completion_tokens: 86, first_token_ms: 417, cost: null }
  const message = show({ model: 'smollm2', usage })
  const chip = screen.getByRole('button', { name: 'smollm2 · 86 tokens' })
  expect(chip).toHaveAttribute('title', '1,204 tokens read, 86 written\nFirst word after 0.42 s\nWhy this answer')
  await userEvent.click(chip)

  expect(deeds.open).toHaveBeenCalledWith({ kind: 'prompt', message, from: chip })
})

test('another version can be asked for with an instruction, and the focus has a way back', async () => {
  const message = show({})
  await press('More actions')
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Again, with an instruction' }))

  const from = screen.getByRole('button', { name: 'More actions' })
  expect(deeds.open).toHaveBeenCalledWith({ kind: 'instruction', message, from })
})

test('a reply that waits behind another can be answered now, which stops that one', async () => {
  const running = aMessage({ id: 'm1', role: 'assistant', status: 'streaming', attempt: 1 })
  const state = { ...initialState('s1'), messages: { m1: running } }
  store.dispatch(chatChanged({ state, leaf: null, bottom: null, problem: null }))
  show({ status: 'queued', content: '' })
  await press('Answer now')
  expect(deeds.stop).toHaveBeenCalledWith(running)

  act(() => void store.dispatch(chatForgotten('s1')))
  expect(screen.queryByRole('button', { name: 'Answer now' })).toBeNull()
})

test('until its first word a reply says who is writing', () => {
  show({ status: 'streaming', attempt: 1, content: '' })

  expect(screen.getByText('Wren is writing')).toBeInTheDocument()
})

test('what has no row of its own yet stands in the keyboard’s path like the rest', () => {
  const saying = { id: 'x', sessionId: 's1', content: 'Hello', saidAt: '', status: 'sending', tries: 0 } as const
  renderPage(<SayingMessage saying={{ ...saying, problem: null }} online deeds={deeds} position={4} total={5} />)
  const row = screen.getByRole('article')
  row.focus()

  expect(row).toHaveFocus()
  expect(row).toHaveAttribute('aria-posinset', '4')
  expect(row).toHaveAttribute('aria-setsize', '5')
})

test('what was refused says why and offers what can be done', async () => {
  const problem = { title: 'Too long', status: 422, code: 'too_long', detail: 'At most so much.' }
  const saying: Saying = {
    id: 'x',
    sessionId: 's1',
    content: 'Hello',
    saidAt: '',
    status: 'refused',
    problem,
    tries: 0,
  }
  renderPage(<SayingMessage saying={saying} online deeds={deeds} />)
  expect(screen.getByRole('alert')).toHaveTextContent('not sent: At most so much.')
  for (const name of ['Send again', 'Edit', 'Discard']) await press(name)

  expect(deeds.remedySaying.mock.calls).toEqual([
    [saying, 'say again'],
    [saying, 'edit'],
    [saying, 'discard'],
  ])
})
