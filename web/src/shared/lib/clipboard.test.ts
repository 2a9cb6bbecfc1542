import { afterEach, expect, test, vi } from 'vitest'
import { copyText } from './clipboard'

const execCommand = vi.fn<(command: string) => boolean>()
Object.assign(document, { execCommand })

afterEach(() => {
  vi.clearAllMocks()
  Reflect.deleteProperty(navigator, 'clipboard')
  document.body.replaceChildren()
})

test('a text goes into the clipboard', async () => {
  const writeText = vi.fn()
  Object.defineProperty(navigator, 'clipboard', { value: { writeText }, configurable: true })
  await copyText('Sit down.')

  expect(writeText).toHaveBeenCalledWith('Sit down.')
})

test('over plain http it is copied as a selection would be, and the focus stays where it was', async () => {
  const button = document.body.appendChild(document.createElement('button'))
  button.focus()
  const setData = vi.fn()
  execCommand.mockImplementation((command) => {
    expect(getSelection()?.toString()).toBe('Sit down.')
    return document.dispatchEvent(Object.assign(new Event(command), { clipboardData: { setData } }))
  })
  await copyText('Sit down.')

  expect(setData.mock.calls).toEqual([['text/plain', 'Sit down.']])
  expect(button).toHaveFocus()
  expect(document.body.children).toHaveLength(1)
})

test('a browser that copies nothing is told of', async () => {
  execCommand.mockReturnValue(false)

  await expect(copyText('Sit down.')).rejects.toThrow('the browser does not allow it')
})
