import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import { renderPage } from '../../../test/page'
import { useSearch } from './search-params'

const schema = z.object({
  q: z.catch(z.string(), ''),
  sort: z.catch(z.enum(['updated', 'title']), 'updated'),
  page: z.catch(z.coerce.number().check(z.int(), z.positive()), 1),
  tags: z.catch(z.array(z.string()), []),
})

function Filters() {
  const [search, change] = useSearch(schema)
  return (
    <>
      <output>{JSON.stringify(search)}</output>
      <button type="button" onClick={() => change({ tags: ['sea', 'fog & rain'], page: 3 })}>
        Tags
      </button>
      <button type="button" onClick={() => change({ sort: 'title' }, { step: true })}>
        Sort
      </button>
      <button type="button" onClick={() => change({ sort: 'updated', tags: [], q: '', page: 1 })}>
        Reset
      </button>
    </>
  )
}

const shown = () => JSON.parse(screen.getByRole('status').textContent)
const press = (name: string) => userEvent.click(screen.getByRole('button', { name }))

test('the address is read; what is missing or bad in it is as usual', () => {
  renderPage(<Filters />, { at: '/history?q=tea&sort=colour&page=-1&tags=sea' })

  expect(shown()).toEqual({ q: 'tea', sort: 'updated', page: 1, tags: ['sea'] })
})

test('a change stands in the address, and what is usual does not', async () => {
  const { router } = renderPage(<Filters />, { at: '/history?from=mail' })

  await press('Tags')
  expect(router.state.location.search).toBe('?from=mail&tags=sea&tags=fog+%26+rain&page=3')
  expect(shown()).toMatchObject({ tags: ['sea', 'fog & rain'], page: 3 })
  await press('Reset')
  expect(router.state.location.search).toBe('?from=mail')
})

test('a step is taken back by going back, another change is not one', async () => {
  const { router } = renderPage(<Filters />, { at: '/history' })

  await press('Tags')
  await press('Sort')
  expect(shown()).toMatchObject({ sort: 'title', page: 3 })
  await act(() => router.navigate(-1))
  expect(shown()).toMatchObject({ sort: 'updated', page: 3 })
})

test('a change that comes before the last one is drawn takes nothing of it away', async () => {
  const { router } = renderPage(<Filters />, { at: '/history' })

  act(() => {
    screen.getByRole('button', { name: 'Tags' }).click()
    screen.getByRole('button', { name: 'Sort' }).click()
  })
  await waitFor(() => expect(shown()).toMatchObject({ tags: ['sea', 'fog & rain'], sort: 'title' }))
  expect(router.state.location.search).toBe('?tags=sea&tags=fog+%26+rain&page=3&sort=title')
})
