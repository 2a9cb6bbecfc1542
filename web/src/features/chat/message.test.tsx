import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, test, vi } from 'vitest'
import { aMessage } from '../../../test/factories/rows'
import { renderPage } from '../../../test/page'
import type { Saying } from '../../outbox/sayings'
import type { Message as MessageData } from '../../shared/api/wire'
import { Message, type RowDeeds, SayingMessage } from './message'

const deeds = {
  copy: vi.fn(),
  startEdit: vi.fn(),
  save: vi.fn(),
  sayInstead: vi.fn(),
  remove: vi.fn(),
  select: vi.fn(),
  swipe: vi.fn(),
  stop: vi.fn(),
  retry: vi.fn(),
  goOn: vi.fn(),
  remedySaying: vi.fn(),
} satisfies RowDeeds

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
