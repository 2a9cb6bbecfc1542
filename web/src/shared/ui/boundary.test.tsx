import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, test, vi } from 'vitest'
import { RawRow, Region } from './boundary'

let broken: boolean

function Fragile() {
  if (broken) throw new Error('worn out')
  return <p>whole</p>
}

beforeEach(() => {
  broken = true
  vi.spyOn(console, 'error').mockReturnValue()
})

test('a region that breaks says which it was, and can be tried again; what is beside it stays', async () => {
  render(
    <>
      <Region name="Transcript">
        <Fragile />
      </Region>
      <p>beside it</p>
    </>,
  )
  expect(screen.getByRole('alert')).toHaveTextContent('Transcript: this part could not be shown.')
  expect(screen.getByText('beside it')).toBeVisible()

  broken = false
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(screen.getByText('whole')).toBeVisible()
  expect(screen.queryByRole('alert')).toBeNull()
})

test('a row that breaks shows its text as it is stored', () => {
  render(
    <RawRow text={'*He* said: <b>"Stop."</b>'}>
      <Fragile />
    </RawRow>,
  )

  expect(screen.getByText('*He* said: <b>"Stop."</b>')).toBeVisible()
})
