import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { createRef } from 'react'
import { beforeEach, expect, test, vi } from 'vitest'
import { recall } from '../../shared/lib/storage'
import { flushDraft } from './drafts'
import { type Composer, InputForm } from './input-form'

const onSend = vi.fn()
const onEditLast = vi.fn()
const onEscape = vi.fn()

beforeEach(() => {
  vi.clearAllMocks()
  flushDraft()
  localStorage.clear()
})

function show(draftKey = 'a', disabled = false) {
  const ref = createRef<Composer>()
  const form = (key: string) => (
    <InputForm
      key={key}
      ref={ref}
      draftKey={key}
      placeholder="Say something to Wren"
      disabled={disabled}
      tools={null}
      onSend={onSend}
      onEditLast={onEditLast}
      onEscape={onEscape}
    />
  )
  const { rerender } = render(form(draftKey))
  return { ref, switchTo: (key: string) => rerender(form(key)) }
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
  show('a', true)
  await userEvent.type(box(), 'Wait{Enter}')

  expect(onSend).not.toHaveBeenCalled()
  expect(box()).toHaveValue('Wait')
})

test('each chat keeps its own draft until it is sent', async () => {
  const { switchTo } = show('a')
  await userEvent.type(box(), 'for a')
  switchTo('b')
  expect(box()).toHaveValue('')
  await userEvent.type(box(), 'for b')
  switchTo('a')
  expect(box()).toHaveValue('for a')

  await userEvent.type(box(), '{Enter}')
  switchTo('b')
  switchTo('a')
  expect(box()).toHaveValue('')
  expect(recall('draft.a')).toBeNull()
})

test('a draft is in storage as soon as the page is left', async () => {
  show('a')
  await userEvent.type(box(), 'half a sent')
  dispatchEvent(new Event('pagehide'))

  expect(recall('draft.a')).toBe('half a sent')
})

test('Up in an empty box edits the last message, in a text it moves', async () => {
  show()
  await userEvent.type(box(), '{ArrowUp}')
  expect(onEditLast).toHaveBeenCalledTimes(1)

  await userEvent.type(box(), 'text{ArrowUp}')
  expect(onEditLast).toHaveBeenCalledTimes(1)
})

test('Esc is handed on, and "/" leads here from anywhere', async () => {
  show()
  await userEvent.keyboard('/')
  expect(box()).toHaveFocus()
  expect(box()).toHaveValue('')

  await userEvent.keyboard('{Escape}')
  expect(onEscape).toHaveBeenCalled()
})

test('a refused text comes back into the box below what is there', async () => {
  const { ref } = show()
  await userEvent.type(box(), 'new')
  ref.current?.insert('refused')

  await vi.waitFor(() => expect(box()).toHaveValue('new\nrefused'))
})
