import 'fake-indexeddb/auto'
import { fireEvent, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createRef, useState } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { renderPage } from '../../../test/page'
import { drafts } from '../../outbox/drafts'
import { show as choose } from '../../shared/theme/interface'
import { type Composer, InputForm } from './input-form'

const onSend = vi.fn()
const onCommand = vi.fn()

beforeEach(() => {
  vi.clearAllMocks()
  for (const key of ['a', 'b']) drafts.clear(key)
})

afterEach(() => {
  choose({ enter: 'send' })
})

function show(disabled = false) {
  const ref = createRef<Composer>()
  function Chats() {
    const [chat, setChat] = useState('a')
    return (
      <>
        <InputForm
          key={chat}
          ref={ref}
          draftKey={chat}
          placeholder="Say something to Wren"
          disabled={disabled}
          tools={null}
          onSend={onSend}
          onCommand={onCommand}
        />
        {['a', 'b'].map((other) => (
          <button key={other} type="button" onClick={() => setChat(other)}>
            {other}
          </button>
        ))}
      </>
    )
  }
  renderPage(<Chats />)
  return { ref, switchTo: (chat: string) => userEvent.click(screen.getByRole('button', { name: chat })) }
}

const box = () => screen.getByRole('textbox', { name: 'Message' })
const send = () => screen.getByRole('button', { name: 'Send' })

test('Enter sends the text as it is and empties the box', async () => {
  show()
  await userEvent.type(box(), ' Who are you? {Enter}')

  expect(onSend.mock.calls).toEqual([[' Who are you? ']])
  expect(box()).toHaveValue('')
})

test('a double Enter is one message', async () => {
  show()
  await userEvent.type(box(), 'Hello')
  fireEvent.keyDown(box(), { key: 'Enter', keyCode: 13 })
  fireEvent.keyDown(box(), { key: 'Enter', keyCode: 13 })

  expect(onSend).toHaveBeenCalledTimes(1)
})

test('Shift+Enter begins a new line', async () => {
  show()
  await userEvent.type(box(), 'one{Shift>}{Enter}{/Shift}two')

  expect(box()).toHaveValue('one\ntwo')
  expect(onSend).not.toHaveBeenCalled()
})

test('Enter within a composition sends nothing, and after it once', () => {
  show()
  fireEvent.change(box(), { target: { value: 'にほん' } })
  fireEvent.keyDown(box(), { key: 'Enter', keyCode: 13, isComposing: true })
  fireEvent.keyDown(box(), { key: 'Enter', keyCode: 229 })
  expect(onSend).not.toHaveBeenCalled()

  fireEvent.keyDown(box(), { key: 'Enter', keyCode: 13 })
  expect(onSend.mock.calls).toEqual([['にほん']])
})

test('white space cannot be sent', async () => {
  show()
  await userEvent.type(box(), '  {Enter}')

  expect(send()).toBeDisabled()
  expect(onSend).not.toHaveBeenCalled()
})

test('nothing is sent while it is disabled, and the text stays', async () => {
  show(true)
  await userEvent.type(box(), 'Wait{Enter}')

  expect(onSend).not.toHaveBeenCalled()
  expect(box()).toHaveValue('Wait')
})

test('each chat keeps its own draft until it is sent', async () => {
  const { switchTo } = show()
  await userEvent.type(box(), 'for a')
  await switchTo('b')
  expect(box()).toHaveValue('')
  await userEvent.type(box(), 'for b')
  await switchTo('a')
  await waitFor(() => expect(box()).toHaveValue('for a'))

  await userEvent.type(box(), '{Enter}')
  await switchTo('b')
  await waitFor(() => expect(box()).toHaveValue('for b'))
  await switchTo('a')
  expect(await drafts.read('a')).toBe('')
  expect(box()).toHaveValue('')
})

test('who writes already is not interrupted by an older draft', async () => {
  drafts.write('a', 'from yesterday')
  show()
  fireEvent.change(box(), { target: { value: 'today' } })
  await drafts.read('a')

  expect(box()).toHaveValue('today')
})

test('Enter begins a line for those who want that, and Ctrl+Enter sends', async () => {
  choose({ enter: 'newline' })
  show()
  await userEvent.type(box(), 'one{Enter}two')
  expect(onSend).not.toHaveBeenCalled()

  await userEvent.keyboard('{Control>}{Enter}{/Control}')
  expect(onSend.mock.calls).toEqual([['one\ntwo']])
})

test('in an empty box Up asks for the last message, in a text it moves', async () => {
  show()
  await userEvent.type(box(), '{ArrowUp}')
  expect(onCommand.mock.calls).toEqual([['editLast']])

  await userEvent.type(box(), 'text{ArrowUp}')
  expect(onCommand).toHaveBeenCalledTimes(1)
})

test('Esc is handed on unless a layer above took it', () => {
  show()
  fireEvent.keyDown(box(), { key: 'Escape' })
  expect(onCommand.mock.calls).toEqual([['stop']])

  document.addEventListener('keydown', (event) => event.preventDefault(), { capture: true, once: true })
  fireEvent.keyDown(box(), { key: 'Escape' })
  expect(onCommand).toHaveBeenCalledTimes(1)
})

test('"/" leads here from anywhere', async () => {
  show()
  await userEvent.keyboard('/')
  expect(box()).toHaveFocus()
  expect(box()).toHaveValue('')
})

test('a long paste stays text and says how long it is, until the next word', async () => {
  show()
  await userEvent.click(box())
  await userEvent.paste('🙂'.repeat(4_001))
  expect(screen.getByRole('status')).toHaveTextContent('4,001 characters pasted')
  expect(box()).toHaveValue('🙂'.repeat(4_001))

  fireEvent.change(box(), { target: { value: 'short' } })
  expect(screen.getByRole('status')).toBeEmptyDOMElement()
})

test('near the limit it says how much is written, beyond it why nothing is sent', () => {
  show()
  fireEvent.change(box(), { target: { value: '🙂'.repeat(32_768) } })
  expect(screen.getByRole('status')).toHaveTextContent('32,768 of 32,768 characters')
  expect(send()).toBeEnabled()

  fireEvent.change(box(), { target: { value: '🙂'.repeat(32_769) } })
  fireEvent.keyDown(box(), { key: 'Enter', keyCode: 13 })
  expect(screen.getByRole('status')).toHaveTextContent('1 character too many: a message has at most 32,768.')
  expect(box()).toBeInvalid()
  expect(send()).toBeDisabled()
  expect(onSend).not.toHaveBeenCalled()
  expect(box()).toHaveValue('🙂'.repeat(32_769))
})

test('a refused text comes back into the box below what is there', async () => {
  const { ref } = show()
  await userEvent.type(box(), 'new')
  ref.current?.insert('refused')

  await vi.waitFor(() => expect(box()).toHaveValue('new\nrefused'))
})
