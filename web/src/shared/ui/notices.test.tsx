import { configure, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { renderPage } from '../../../test/page'
import { useNotify } from './toaster'

// A busy machine types slowly.
configure({ asyncUtilTimeout: 10_000 })
vi.setConfig({ testTimeout: 60_000 })

const undo = vi.fn()

function Deeds() {
  const notify = useNotify()
  return (
    <>
      <button type="button" onClick={() => notify.say('Deleted', undo)}>
        Delete
      </button>
      <button type="button" onClick={() => notify.say('Copied')}>
        Copy
      </button>
      <textarea aria-label="Message" />
    </>
  )
}

test('Ctrl+Z takes the last deed back, but not from somebody who writes', async () => {
  const user = userEvent.setup()
  renderPage(<Deeds />)
  await user.click(screen.getByRole('button', { name: 'Delete' }))
  expect(await screen.findByText('Deleted')).toBeInTheDocument()

  await user.type(screen.getByRole('textbox', { name: 'Message' }), 'a')
  await user.keyboard('{Control>}z{/Control}')
  expect(undo).not.toHaveBeenCalled()

  await user.clear(screen.getByRole('textbox', { name: 'Message' }))
  await user.keyboard('{Control>}z{/Control}')
  expect(undo).toHaveBeenCalledOnce()
  expect(screen.queryByText('Deleted')).toBeNull()
  await user.keyboard('{Control>}z{/Control}')
  expect(undo).toHaveBeenCalledOnce()
})

test('many quick deletes keep their ways back; what only tells something makes room', async () => {
  const user = userEvent.setup()
  renderPage(<Deeds />)
  for (let n = 0; n < 2; n++) await user.click(screen.getByRole('button', { name: 'Copy' }))
  for (let n = 0; n < 4; n++) await user.click(screen.getByRole('button', { name: 'Delete' }))
  expect(await screen.findAllByRole('button', { name: 'Undo' })).toHaveLength(4)
  expect(screen.queryByText('Copied')).toBeNull()

  for (let n = 0; n < 2; n++) await user.click(screen.getByRole('button', { name: 'Copy' }))
  expect(screen.getAllByRole('button', { name: 'Undo' })).toHaveLength(4)
  expect(screen.getAllByText('Copied', { ignore: '[aria-live] *' })).toHaveLength(1)

  for (let n = 0; n < 20; n++) await user.click(screen.getByRole('button', { name: 'Delete' }))
  expect(screen.getAllByRole('button', { name: 'Undo' })).toHaveLength(20)
})
