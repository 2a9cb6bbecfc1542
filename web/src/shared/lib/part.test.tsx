import { act, cleanup, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { renderPage } from '../../../test/page'
import { part } from './part'

const Lamp = ({ colour }: { colour: string }) => <p>a {colour} lamp</p>

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const pass = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds))

test('it stands there once it has come', async () => {
  const Part = part(async () => Lamp)
  renderPage(<Part colour="red" />)
  expect(screen.queryByText('a red lamp')).toBeNull()
  await pass(0)
  expect(screen.getByText('a red lamp')).toBeVisible()
})

test('what does not come takes nothing with it, is told, and is asked for until it comes', async () => {
  const importing = vi
    .fn<() => Promise<typeof Lamp>>()
    .mockRejectedValueOnce(new TypeError('the network is gone'))
    .mockRejectedValueOnce(new TypeError('still'))
    .mockResolvedValue(Lamp)
  const Part = part(importing)
  renderPage(
    <main>
      the sea <Part colour="green" />
    </main>,
  )
  await pass(1_500)
  expect(importing).toHaveBeenCalledTimes(2)
  expect(screen.getByText(/A part of this page could not be loaded/)).toBeVisible()
  expect(screen.getByText('the sea')).toBeVisible()
  await pass(2_000)
  expect(screen.getByText('a green lamp')).toBeVisible()
})

test('what nobody waits for any more is not asked for again', async () => {
  const importing = vi.fn<() => Promise<typeof Lamp>>().mockRejectedValue(new TypeError('the network is gone'))
  const Part = part(importing)
  renderPage(<Part colour="red" />)
  await pass(0)
  cleanup()
  await pass(60_000)
  expect(importing).toHaveBeenCalledTimes(1)
})
